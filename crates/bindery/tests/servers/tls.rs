//! Every `sslmode` against servers without TLS, with certificates that are good, and with some that are not.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use bindery::{Config, DatabaseClient, Error, Query};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::query;
use crate::server::Server;

static TLS: Query =
    query("Tls", "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[("ssl", "bool")]);
static SLEEP: Query = query("Sleep", "SELECT pg_sleep(60)", &[]);

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

/// Who signs certificates.
type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate and its key.
fn certificate(authority: &Authority, name: &str, is_expired: bool) -> (String, String) {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    if is_expired {
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2001, 1, 1));
    }
    let key = KeyPair::generate().unwrap();
    (params.signed_by(&key, authority).unwrap().pem(), key.serialize_pem())
}

fn server(authority: &Authority, name: &str, is_expired: bool, rules: &str) -> Server {
    let (cert, key) = certificate(authority, name, is_expired);
    let settings = "ssl = on\nssl_ca_file = 'ca.crt'\n";
    Server::start_with(
        settings,
        rules,
        &[("server.crt", &cert), ("server.key", &key), ("ca.crt", &authority.pem())],
    )
}

/// A file for the client, kept until the process ends.
fn file(name: &str, text: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("bindery-tls-{}-{name}", std::process::id()));
    fs::write(&path, text).unwrap();
    path
}

async fn client(server: &Server, host: &str, more: &str) -> Result<DatabaseClient, Error> {
    let text = format!("host={host} port={} user=postgres dbname=postgres {more}", server.port);
    DatabaseClient::create(Config::from_url(&text)?).await
}

/// Whether there is TLS, or what is wrong.
async fn outcome(server: &Server, host: &str, more: &str) -> String {
    let used = async {
        let client = client(server, host, more).await?;
        client.connection().await?.fetch_one(&TLS, &[], |row| row.get::<bool>(0)).await
    };
    match used.await {
        Ok(true) => "tls".to_owned(),
        Ok(false) => "plain".to_owned(),
        Err(error) => error.to_string(),
    }
}

async fn outcomes(server: &Server, host: &str, root: &str) -> Vec<String> {
    let mut outcomes = Vec::new();
    for mode in MODES {
        let root = if mode.starts_with("verify") { root } else { "" };
        let outcome = outcome(server, host, &format!("sslmode={mode} {root}")).await;
        let known = [
            "certificate expired",
            "NotValidForName",
            "not valid for name",
            "UnknownIssuer",
            "does not support TLS",
            "no pg_hba.conf entry",
        ];
        let short = known.iter().find(|known| outcome.contains(**known));
        outcomes.push(short.map_or(outcome, ToString::to_string));
    }
    outcomes
}

#[tokio::test]
async fn every_mode_does_what_libpq_says() {
    let ours = authority("ours");
    let root = format!("sslrootcert={}", file("ours.crt", &ours.pem()).display());
    let trust = "host all all all trust\n";

    let plain = Server::start();
    let expected =
        ["plain", "plain", "plain", "does not support TLS", "does not support TLS", "does not support TLS"];
    assert_eq!(outcomes(&plain, "127.0.0.1", &root).await, expected);

    let good = server(&ours, "localhost", false, trust);
    assert_eq!(outcomes(&good, "localhost", &root).await, ["plain", "plain", "tls", "tls", "tls", "tls"]);
    // Another name of the same host.
    let wrong_name = outcomes(&good, "127.0.0.1", &root).await;
    assert_eq!(wrong_name[..5], ["plain", "plain", "tls", "tls", "tls"]);
    assert!(wrong_name[5].contains("not valid for name"), "{wrong_name:?}");
    // `require` with a root verifies the chain, as libpq does for the sake of older versions.
    let others = format!("sslrootcert={}", file("others.crt", &authority("others").pem()).display());
    assert!(
        outcome(&good, "localhost", &format!("sslmode=require {others}")).await.contains("UnknownIssuer")
    );
    assert_eq!(outcomes(&good, "localhost", &others).await[4..], ["UnknownIssuer", "UnknownIssuer"]);
    assert_eq!(
        outcome(&good, "localhost", &format!("sslmode=verify-full {root} ssl_min_protocol_version=TLSv1.3"))
            .await,
        "tls"
    );

    let expired = server(&ours, "localhost", true, trust);
    let found = outcomes(&expired, "localhost", &root).await;
    assert_eq!(found[..4], ["plain", "plain", "tls", "tls"]);
    assert!(found[4..].iter().all(|said| said.contains("certificate expired")), "{found:?}");

    let only_tls = server(&ours, "localhost", false, "hostssl all all all trust\n");
    assert_eq!(
        outcomes(&only_tls, "localhost", &root).await,
        ["no pg_hba.conf entry", "tls", "tls", "tls", "tls", "tls"]
    );
    let no_tls = server(&ours, "localhost", false, "hostnossl all all all trust\n");
    let refused = "no pg_hba.conf entry";
    assert_eq!(
        outcomes(&no_tls, "localhost", &root).await,
        ["plain", "plain", "plain", refused, refused, refused]
    );
}

#[tokio::test]
async fn of_two_refusals_the_one_that_helps_is_told() {
    let ours = authority("ours");
    for rules in ["hostssl all all all scram-sha-256\n", "hostnossl all all all scram-sha-256\n"] {
        let server = server(&ours, "localhost", false, rules);
        for mode in ["allow", "prefer"] {
            let said = outcome(&server, "localhost", &format!("sslmode={mode} password=wrong")).await;
            assert!(said.contains("password authentication failed"), "{rules}{mode}: {said}");
        }
    }
}

#[tokio::test]
async fn a_handshake_that_is_cut_off_is_tried_again() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!("host=127.0.0.1 port={port} user=u dbname=d sslmode=require");
    let client = tokio::spawn(DatabaseClient::create(Config::from_url(&text).unwrap()));
    for _ in 0..2 {
        let attempt = tokio::time::timeout(Duration::from_secs(20), listener.accept()).await;
        let (mut stream, _) = attempt.expect("another attempt").unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).await.unwrap();
        // TLS it is; and then the other side goes, as a proxy does whose server restarts.
        stream.write_all(b"S").await.unwrap();
    }
    client.abort();
}

#[tokio::test]
async fn a_client_shows_its_certificate_when_it_is_asked_to() {
    let ours = authority("ours");
    let server = server(&ours, "localhost", false, "hostssl all all all cert map=any\n");
    let (cert, key) = certificate(&ours, "postgres", false);
    let (cert, key) = (file("client.crt", &cert), file("client.key", &key));
    let root = file("root.crt", &ours.pem());
    let with_root = format!("sslmode=verify-full sslrootcert={}", root.display());
    let without = outcome(&server, "localhost", &with_root).await;
    assert!(without.contains("certificate"), "{without}");
    let server = self::server(&ours, "localhost", false, "hostssl all all all cert\n");
    let with = format!("{with_root} sslcert={} sslkey={}", cert.display(), key.display());
    assert_eq!(outcome(&server, "localhost", &with).await, "tls");
    let error = outcome(&server, "localhost", &format!("{with_root} sslcert={}", cert.display())).await;
    assert_eq!(error, "`sslcert` needs `sslkey`");
    let error = outcome(&server, "localhost", "sslmode=verify-ca sslrootcert=/no/such/file").await;
    assert!(error.starts_with("cannot read /no/such/file"), "{error}");
}

#[tokio::test]
async fn a_password_is_bound_to_the_channel() {
    let ours = authority("ours");
    let server =
        server(&ours, "localhost", false, "hostssl all postgres all trust\nhost all all all scram-sha-256\n");
    let admin = client(&server, "localhost", "sslmode=require").await.unwrap();
    static ROLE: Query = query("Role", "CREATE ROLE member LOGIN PASSWORD 'secret'", &[]);
    admin.connection().await.unwrap().exec(&ROLE, &[]).await.unwrap();
    let root = file("scram.crt", &ours.pem());
    let text = format!(
        "host=localhost port={} user=member password=secret dbname=postgres channel_binding=require sslrootcert={}",
        server.port,
        root.display()
    );
    DatabaseClient::create(Config::from_url(&format!("{text} sslmode=verify-full")).unwrap()).await.unwrap();
    let plain = Config::from_url(&format!("{text} sslmode=disable")).unwrap();
    assert!(DatabaseClient::create(plain).await.is_err());
}

#[tokio::test]
async fn a_call_is_cancelled_over_tls() {
    let ours = authority("ours");
    let server = server(&ours, "localhost", false, "hostssl all all all trust\n");
    let config = Config::from_url(&format!(
        "host=localhost port={} user=postgres dbname=postgres sslmode=require",
        server.port
    ));
    let config = config.unwrap().max_connections(1).call_timeout(Duration::from_secs(2));
    let client = DatabaseClient::create(config).await.unwrap();
    let error = client.connection().await.unwrap().exec(&SLEEP, &[]).await.unwrap_err();
    assert!(error.is_call_timeout(), "{error}");
    assert!(client.connection().await.unwrap().fetch_one(&TLS, &[], |row| row.get::<bool>(0)).await.unwrap());
    assert_eq!((client.stats().connects, client.stats().discarded), (1, 0), "the connection is used again");
}
