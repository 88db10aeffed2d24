include!(concat!(env!("OUT_DIR"), "/clorinde/src/lib.rs"));
