//! Work on the many cases of one file, on as many threads as there are processors.

use std::num::NonZero;

/// So few are worked on at once: threads would cost more than they bring.
const FEW: usize = 256;

/// What `work` makes of each part of `items`, in their order; one part where there are few.
pub(super) fn side_by_side<T: Sync, R: Send>(items: &[T], work: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let threads = || std::thread::available_parallelism().map_or(1, NonZero::get);
    let parts = if items.len() < FEW { 1 } else { threads() };
    let mut parts = items.chunks(items.len().div_ceil(parts).max(1));
    let Some(first) = parts.next() else { return Vec::new() };
    std::thread::scope(|scope| {
        let others: Vec<_> = parts.map(|part| scope.spawn(|| work(part))).collect();
        let mut made = vec![work(first)];
        made.extend(
            others.into_iter().map(|part| part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
        );
        made
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_comes_in_order() {
        for count in [0, 1, FEW - 1, FEW, 10_001] {
            let items: Vec<usize> = (0..count).collect();
            let parts = side_by_side(&items, <[usize]>::to_vec);
            assert_eq!(parts.concat(), items);
            assert!(count >= FEW || parts.len() <= 1, "{count}");
        }
    }
}
