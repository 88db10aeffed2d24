fn main() {}
mod db { bindery::include_queries!(); }
