//! Notifications: `LISTEN` on a connection of its own, which is made anew when it is lost.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::time::Duration;

use futures_util::Stream;
use tokio::time::Instant;
use tokio_postgres::{AsyncMessage, Client};

use crate::client::DatabaseClient;
use crate::config::{Config, jitter};
use crate::connect::{Wire, connect, drive};
use crate::error::{Error, Kind};
use crate::lex::quoted;
use crate::telemetry;

/// After so long without a word from the server it is asked whether it is there, unless
/// [`keepalive`](Listener::keepalive) says otherwise.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// How long it may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The pause before the second attempt to connect; each one after is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The longest one.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// What a [`Listener`] has to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody called `NOTIFY` or `pg_notify`, and committed.
    Notification(Notification),
    /// The connection was lost, and there is a new one that listens. Notifications may have been missed in between: read
    /// anew what they are about.
    Gap,
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The channel.
    pub channel: String,
    /// The text that was sent along; empty if there was none.
    pub payload: String,
    /// The server's process of the session that sent it.
    pub process_id: i32,
}

/// Waits for notifications on a connection that is in no pool. It ends when the listener is dropped.
///
/// The connection is read while somebody waits in [`next`](Self::next): the server keeps what is sent meanwhile, in a
/// queue that all of its listeners share.
///
/// ```no_run
/// # fn refresh(_: &str) {}
/// # fn refresh_all() {}
/// # async fn example(client: bindery::DatabaseClient) -> Result<(), bindery::Error> {
/// use bindery::Event;
///
/// let mut listener = client.listen(&["cars"]).await?;
/// refresh_all();
/// loop {
///     match listener.next().await? {
///         Event::Notification(notification) => refresh(&notification.payload),
///         Event::Gap => refresh_all(),
///     }
/// }
/// # }
/// ```
pub struct Listener {
    config: Config,
    channels: Vec<String>,
    keepalive: Duration,
    /// None after it was lost.
    link: Option<Link>,
    pause: Duration,
    next_attempt: Instant,
}

/// A connection that listens.
struct Link {
    client: Client,
    wire: Wire,
    /// What came while something else was waited for.
    arrived: VecDeque<Notification>,
    check_at: Instant,
}

impl DatabaseClient {
    /// Listens to channels, on a connection beside those of the pool.
    ///
    /// # Errors
    /// No connection can be made, or the server refuses.
    pub async fn listen(&self, channels: &[&str]) -> Result<Listener, Error> {
        Listener::connect(self.config().clone(), channels).await
    }
}

impl Listener {
    /// Connects, and listens to channels. Their names are taken as they are: `Cars` is another one than `cars`.
    ///
    /// # Errors
    /// No connection can be made, or the server refuses. A pooler such as PgBouncer passes notifications on only if it pools
    /// whole sessions.
    pub async fn connect(config: Config, channels: &[&str]) -> Result<Self, Error> {
        let channels: Vec<_> = channels.iter().map(|channel| (*channel).to_owned()).collect();
        let link = Link::open(&config, &channels, KEEPALIVE).await?;
        let next_attempt = Instant::now();
        Ok(Self {
            config,
            channels,
            keepalive: KEEPALIVE,
            link: Some(link),
            pause: FIRST_PAUSE,
            next_attempt,
        })
    }

    /// After how long without a word the server is asked whether it is there: 30 seconds unless this says otherwise. If it
    /// does not answer within 10 seconds the connection counts as lost.
    pub fn keepalive(mut self, time: Duration) -> Self {
        self.keepalive = time;
        if let Some(link) = &mut self.link {
            link.check_at = Instant::now() + time;
        }
        self
    }

    /// Waits for what comes next. A call that is dropped loses nothing.
    ///
    /// A lost connection is made anew for as long as that takes, with growing pauses of at most 10 seconds.
    ///
    /// # Errors
    /// The server does not let us in any more, for a reason that waiting does not heal. The next call tries again.
    pub async fn next(&mut self) -> Result<Event, Error> {
        loop {
            let Some(link) = &mut self.link else {
                self.reconnect().await?;
                return Ok(Event::Gap);
            };
            match link.next(self.keepalive).await {
                Ok(notification) => return Ok(Event::Notification(notification)),
                Err(error) => {
                    telemetry::connection_lost(&error);
                    self.link = None;
                }
            }
        }
    }

    /// The events as a stream. It does not end by itself.
    pub fn into_stream(self) -> impl Stream<Item = Result<Event, Error>> + Send {
        futures_util::stream::unfold(self, async |mut listener| {
            let event = listener.next().await;
            Some((event, listener))
        })
    }

    /// Listens to one more channel.
    ///
    /// # Errors
    /// The server refuses. If the connection is lost, it is no error: the next one listens to the channel.
    pub async fn listen(&mut self, channel: &str) -> Result<(), Error> {
        if !self.channels.iter().any(|known| known == channel) {
            self.channels.push(channel.to_owned());
        }
        let outcome = self.send(&listen_sql(channel)).await;
        if outcome.is_err() {
            self.channels.retain(|known| known != channel);
        }
        outcome
    }

    /// Listens no more to a channel. Notifications that have arrived already are still told.
    ///
    /// # Errors
    /// The server refuses. If the connection is lost, it is no error: the next one does not listen to the channel.
    pub async fn unlisten(&mut self, channel: &str) -> Result<(), Error> {
        self.channels.retain(|known| known != channel);
        self.send(&format!("UNLISTEN {}", quoted(channel))).await
    }

    /// The channels that it listens to.
    pub fn channels(&self) -> &[String] {
        &self.channels
    }

    async fn send(&mut self, sql: &str) -> Result<(), Error> {
        let Some(link) = &mut self.link else { return Ok(()) };
        match link.send(sql).await {
            Err(error) if error.is_connection() => {
                self.link = None;
                Ok(())
            }
            outcome => outcome,
        }
    }

    async fn reconnect(&mut self) -> Result<(), Error> {
        loop {
            tokio::time::sleep_until(self.next_attempt).await;
            // Set before, so that a call that is dropped does not make the next one hurry.
            self.next_attempt = Instant::now() + jitter(self.pause);
            self.pause = LONGEST_PAUSE.min(self.pause * 2);
            match Link::open(&self.config, &self.channels, self.keepalive).await {
                Ok(link) => {
                    self.link = Some(link);
                    self.pause = FIRST_PAUSE;
                    return Ok(());
                }
                Err(error) if error.is_transient() || error.is_ended_before() => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Link {
    async fn open(config: &Config, channels: &[String], keepalive: Duration) -> Result<Self, Error> {
        let connected = connect(config).await?;
        let (client, wire) = (connected.client, connected.connection);
        let mut link = Self { client, wire, arrived: VecDeque::new(), check_at: Instant::now() + keepalive };
        let sql: Vec<_> = channels.iter().map(|channel| listen_sql(channel)).collect();
        link.send(&sql.join("; ")).await?;
        Ok(link)
    }

    async fn send(&mut self, sql: &str) -> Result<(), Error> {
        let sent = self.client.batch_execute(sql);
        answered(&mut self.wire, &mut self.arrived, sent).await
    }

    async fn next(&mut self, keepalive: Duration) -> Result<Notification, Error> {
        loop {
            if let Some(notification) = self.arrived.pop_front() {
                return Ok(notification);
            }
            let read = poll_fn(|cx| self.wire.poll_message(cx));
            match tokio::time::timeout_at(self.check_at, read).await {
                Ok(Some(Ok(message))) => self.arrived.extend(notification(message)),
                Ok(Some(Err(error))) => return Err(Error::server(error)),
                Ok(None) => return Err(Error::new(Kind::ConnectionEnded)),
                Err(_) => {
                    let checked = self.client.check_connection();
                    answered(&mut self.wire, &mut self.arrived, checked).await?;
                }
            }
            self.check_at = Instant::now() + keepalive;
        }
    }
}

/// Waits for an answer that may not take too long.
async fn answered(
    wire: &mut Wire,
    arrived: &mut VecDeque<Notification>,
    work: impl Future<Output = Result<(), tokio_postgres::Error>>,
) -> Result<(), Error> {
    let work = drive(wire, |message| arrived.extend(notification(message)), work);
    let outcome = tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(None));
    outcome.map_err(|error| error.map_or_else(|| Error::new(Kind::ConnectionEnded), Error::server))
}

fn notification(message: AsyncMessage) -> Option<Notification> {
    match message {
        AsyncMessage::Notification(sent) => Some(Notification {
            channel: sent.channel().to_owned(),
            payload: sent.payload().to_owned(),
            process_id: sent.process_id(),
        }),
        other => {
            telemetry::notice(&other);
            None
        }
    }
}

fn listen_sql(channel: &str) -> String {
    format!("LISTEN {}", quoted(channel))
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("channels", &self.channels).finish_non_exhaustive()
    }
}
