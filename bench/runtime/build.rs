//! Generates Bindery's code, as a user's package does.

fn main() {
    bindery_build::run();
}
