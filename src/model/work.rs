//! Counts steps of work in tests, which so show that work grows as its input does and no faster. It counts and measures no
//! time; outside of tests it does nothing.

/// So many steps were taken.
#[cfg(not(test))]
#[inline]
pub(crate) fn count(_steps: usize) {}

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many steps were taken.
#[cfg(test)]
pub(crate) fn count(steps: usize) {
    STEPS.with(|known| known.set(known.get() + steps as u64));
}

/// The steps that something takes in this thread.
#[cfg(test)]
pub(crate) fn steps(act: impl FnOnce()) -> u64 {
    let before = STEPS.with(std::cell::Cell::get);
    act();
    STEPS.with(std::cell::Cell::get) - before
}

/// Fails unless input of ten times the size takes at most twelve times the steps, and takes any at all.
#[cfg(test)]
pub(crate) fn assert_linear(size: usize, act: impl Fn(usize)) {
    let (once, tenfold) = (steps(|| act(size)), steps(|| act(10 * size)));
    assert!(once > 0, "nothing was counted");
    assert!(tenfold <= 12 * once, "{once} steps for a size of {size}, and {tenfold} for ten times that");
}
