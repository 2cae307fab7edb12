//! The special-topic database (农村牧区信用专题数据库, `domain.md` SR-02) as data: which tables and
//! columns it has, what each cell means, how a regional platform names the same things, and the
//! data dictionary that is printed from all of it.
//!
//! - [`schema`]: tables and columns with class, purpose, legal basis, source and retention,
//! - [`cell`]: the one written form of each value, exact in both directions,
//! - [`mapping`]: an operator's file for the columns of a platform,
//! - [`dictionary`]: the data dictionary (`docs/data-dictionary.md`).

pub mod cell;
pub mod dictionary;
pub mod mapping;
pub mod schema;

pub use self::cell::{CellFault, CellKind, Scalar};
pub use self::mapping::{MappedColumn, MappedSheet, Mapping};
pub use self::schema::{Column, EndsBy, Group, LeftOut, Only, RegisterKind, Schema, Table, Term};
