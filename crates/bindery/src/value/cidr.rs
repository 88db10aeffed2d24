//! `inet` and `cidr` as the cidr crate has them: an address never loses its netmask.

use std::net::IpAddr;

use bytes::BufMut;
use cidr::{IpCidr, IpInet};

use super::{BoxError, Reader, codec};

/// `PGSQL_AF_INET` and `PGSQL_AF_INET6` (`src/include/utils/inet.h`).
const V4: u8 = 2;
const V6: u8 = 3;

fn read(raw: &[u8]) -> Result<(IpAddr, u8), BoxError> {
    let mut reader = Reader::new(raw);
    let (family, length, _is_cidr, size) = (reader.u8()?, reader.u8()?, reader.u8()?, reader.u8()?);
    let address = match (family, size) {
        (V4, 4) => reader.array::<4>()?.into(),
        (V6, 16) => reader.array::<16>()?.into(),
        _ => return Err("the address is of an unknown family".into()),
    };
    reader.end()?;
    Ok((address, length))
}

fn write(address: IpAddr, length: u8, is_cidr: bool, out: &mut bytes::BytesMut) {
    let family = if address.is_ipv4() { V4 } else { V6 };
    out.put_slice(&[family, length, u8::from(is_cidr)]);
    match address {
        IpAddr::V4(address) => {
            out.put_u8(4);
            out.put_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            out.put_u8(16);
            out.put_slice(&address.octets());
        }
    }
}

codec!(
    IpInet,
    [INET],
    |raw| {
        let (address, length) = read(raw)?;
        Ok(Self::new(address, length)?)
    },
    |value, out| write(value.address(), value.network_length(), false, out)
);
codec!(
    IpCidr,
    [CIDR],
    |raw| {
        let (address, length) = read(raw)?;
        Ok(Self::new(address, length)?)
    },
    |value, out| write(value.first_address(), value.network_length(), true, out)
);
