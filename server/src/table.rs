//! Tables as people keep them: XLSX and CSV.

pub mod write;
