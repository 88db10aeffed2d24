//! `uuid` as the uuid crate has it.

use bytes::BufMut;
use uuid::Uuid;

use super::{codec, fixed};

codec!(Uuid, [UUID], |raw| fixed(raw).map(Self::from_bytes), |value, out| out.put_slice(value.as_bytes()));
