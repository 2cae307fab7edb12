//! The officer's app for other languages.
uniffi::setup_scaffolding!();

/// t
#[derive(Debug, uniffi::Object)]
pub struct FieldApp {}

#[uniffi::export]
impl FieldApp {
    /// t
    #[uniffi::constructor]
    pub fn start() -> std::sync::Arc<Self> {
        std::sync::Arc::new(Self {})
    }
}
