//! In place of TLS, where the feature `tls` is off.

use tokio_postgres::NoTls;
use tokio_postgres::tls::NoTlsStream;

/// Makes no TLS.
pub(crate) type Tls = NoTls;

/// A socket with TLS, of which there is none.
pub(crate) type TlsStream = NoTlsStream;
