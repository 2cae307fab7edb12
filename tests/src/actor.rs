//! The people: who they are, and what each of them can do.

mod collector;
mod lender;
mod office;

use itgel::client::ClientError;
use serde_json::Value;

pub use collector::Collector;
pub use lender::Lender;
pub use office::Office;

/// An answer that is no.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The error code.
    pub code: String,
    /// The problem document without its trace id.
    pub problem: Value,
}

/// A refusal is an answer; anything else that goes wrong ends the test.
fn refusals(answer: Result<Value, ClientError>) -> Result<Value, Refusal> {
    match answer {
        Ok(body) => Ok(body),
        Err(ClientError::Refused {
            status,
            code,
            mut problem,
        }) => {
            problem.as_object_mut().unwrap().remove("trace_id").unwrap();
            Err(Refusal {
                status,
                code,
                problem,
            })
        }
        Err(error) => panic!("{error}"),
    }
}
