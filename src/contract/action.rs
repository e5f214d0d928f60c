//! stub
use super::schema::{Fingerprint, fingerprint_of};
use crate::Result;
/// stub
#[derive(Clone, Debug)]
pub struct ActionSpace(String);
impl ActionSpace {
    /// x
    pub fn canonical(&self) -> String {
        self.0.clone()
    }
    /// x
    pub fn from_canonical(t: &str) -> Result<Self> {
        Ok(Self(t.into()))
    }
    /// x
    pub fn fingerprint(&self) -> Fingerprint {
        fingerprint_of(&self.0)
    }
}
