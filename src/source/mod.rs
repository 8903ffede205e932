//! From files to the model: reads contracts, states and case tables.
//!
//! [`load`] reports every problem of every file in one pass, each at its line and column. Nothing
//! behind this module sees a file format.

mod bound;
mod compound;
mod contract_file;
mod disk;
mod document;
mod endpoint;
mod endpoint_file;
mod error;
mod error_code;
mod expectation;
mod fixture;
mod folder;
mod form;
mod inside;
mod manifest_file;
mod matcher;
mod names;
mod normalisation;
mod record;
mod regexes;
mod row_file;
mod schema;
mod shelf;
mod table_file;
mod time_limit;
mod waiver_file;
mod word;

pub use endpoint::{EndpointEntry, NAMED_ONLY};
pub use endpoint_file::{load_default, load_endpoints};
pub use error::LoadError;
pub use fixture::{FixtureEntry, check_fixtures};
pub use folder::{Wanted, load, load_shelf};
pub use manifest_file::{MANIFEST, load_manifest, load_shelf_manifest, manifest_text};
pub use normalisation::check_normalisation;
pub use schema::{SchemaName, schema};
pub use shelf::Shelf;
pub use waiver_file::{day_of_text, load_shelf_waivers, load_waivers, waivers_text};
