//! Tests of the bench.
