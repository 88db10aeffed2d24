//! Generates `db` from `migrations/` and `queries/`.

fn main() {
    bindery_build::run();
}
