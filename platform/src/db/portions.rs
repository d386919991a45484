//! Tidying that may find much: in portions, each short enough for the time that a statement has.

/// Rows a portion.
const PORTION: i64 = 10_000;

/// Has `remove` take away at most as many rows as it is told, until it finds fewer; how many went in all.
///
/// # Errors
/// A portion fails; those before are gone.
pub async fn in_portions<F>(mut remove: impl FnMut(i64) -> F) -> sqlx::Result<u64>
where
    F: Future<Output = sqlx::Result<u64>>,
{
    let mut gone = 0;
    loop {
        let some = remove(PORTION).await?;
        gone += some;
        if some < PORTION.unsigned_abs() {
            return Ok(gone);
        }
    }
}
