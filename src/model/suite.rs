//! A loaded suite: contracts and the tables that test them.

use std::sync::Arc;

use super::case::Case;
use super::contract::Contract;
use super::id::TableId;

/// Every contract of a folder, with the tables that were asked for.
#[derive(Debug, Default)]
pub struct Suite {
    /// The operations, by id.
    pub operations: Vec<Operation>,
}

/// One operation: its contract and its tables.
#[derive(Debug)]
pub struct Operation {
    /// What it promises.
    pub contract: Arc<Contract>,
    /// The tables, by name.
    pub tables: Vec<Table>,
}

/// A file of cases.
#[derive(Debug)]
pub struct Table {
    /// Its id.
    pub id: Arc<TableId>,
    /// What it is about.
    pub about: String,
    /// Its cases, in the order of the file.
    pub cases: Vec<Arc<Case>>,
}
