//! Who moves a connection's bytes: the task that calls.
//!
//! The driver's usual way is a task of its own for each connection. A call then goes through the scheduler twice: its
//! request to that task, and the answer back. Here the call polls the connection itself. Only while calls run at the same
//! time on one connection a task moves the bytes for all of them, so that none depends on another being polled.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::future::poll_fn;
use futures_util::task::AtomicWaker;
use tokio::task::coop::has_budget_remaining;

use crate::connect::Wire;
use crate::error::{Error, Kind};
use crate::telemetry;

/// A connection's half that reads and writes.
pub(crate) struct Driver {
    wire: Mutex<WireState>,
    /// How many calls are under way.
    calls: AtomicUsize,
    /// A call was dropped before its answer was complete: nobody knows what the server is doing.
    abandoned: AtomicBool,
    sole: Sole,
}

struct WireState {
    /// None once it has ended, so that all who wait for an answer are told.
    wire: Option<Wire>,
    /// Why it ended, if the server or the network did it.
    error: Option<Arc<tokio_postgres::Error>>,
    /// The task that moves the bytes for several calls.
    background: Option<Background>,
    /// How many such tasks there were.
    backgrounds: u64,
}

struct Background {
    number: u64,
    task: tokio::task::AbortHandle,
}

impl Driver {
    pub fn new(wire: Wire) -> Arc<Self> {
        let state = WireState { wire: Some(wire), error: None, background: None, backgrounds: 0 };
        Arc::new(Self {
            wire: Mutex::new(state),
            calls: AtomicUsize::new(0),
            abandoned: AtomicBool::new(false),
            sole: Sole::default(),
        })
    }

    /// Marks a call as under way.
    pub fn call(self: &Arc<Self>) -> Call {
        let is_sole = self.calls.fetch_add(1, Ordering::AcqRel) == 0;
        match is_sole {
            true => self.sole.begin(),
            false => self.start_background(),
        }
        Call { driver: self.clone(), is_sole, has_ended: false }
    }

    /// Runs a call to its end.
    pub async fn run<T>(self: &Arc<Self>, work: impl Future<Output = T>) -> T {
        let mut call = self.call();
        let mut work = pin!(work);
        let value = poll_fn(|cx| call.poll(cx, |cx| work.as_mut().poll(cx))).await;
        call.end();
        value
    }

    /// Takes in what has arrived meanwhile, without waiting: notices, or that the server has closed the connection.
    pub fn look(&self) {
        self.state().poll(&mut Context::from_waker(Waker::noop()));
    }

    pub fn has_ended(&self) -> bool {
        self.state().wire.is_none()
    }

    /// Why the connection ended; the driver's calls only say that it did.
    pub fn end_reason(&self) -> Option<Arc<tokio_postgres::Error>> {
        self.state().error.clone()
    }

    pub fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Acquire)
    }

    /// Whether no call is under way.
    pub fn is_quiet(&self) -> bool {
        self.calls.load(Ordering::Acquire) == 0
    }

    /// All answers have been read.
    pub fn recovered(&self) {
        self.abandoned.store(false, Ordering::Release);
    }

    /// Runs what the calls alone would do, since one of them may not be polled while another waits.
    fn start_background(self: &Arc<Self>) {
        let mut state = self.state();
        if state.background.is_some() || state.wire.is_none() {
            return;
        }
        state.backgrounds += 1;
        let (driver, number) = (self.clone(), state.backgrounds);
        let work = poll_fn(move |cx| driver.poll_background(number, cx));
        state.background = Some(Background { number, task: tokio::spawn(work).abort_handle() });
    }

    fn poll_background(&self, number: u64, cx: &mut Context<'_>) -> Poll<()> {
        let mut state = self.state();
        if state.background.as_ref().is_none_or(|background| background.number != number) {
            return Poll::Ready(());
        }
        state.poll(cx);
        match state.wire {
            Some(_) => Poll::Pending,
            None => Poll::Ready(()),
        }
    }

    fn end_call(&self) {
        if self.calls.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let background = {
            let mut state = self.state();
            // A call may have begun in between; it needs the task.
            match self.calls.load(Ordering::Acquire) {
                0 => state.background.take(),
                _ => None,
            }
        };
        if let Some(background) = background {
            background.task.abort();
        }
    }

    /// Polls a call that is the only one, and the connection with it.
    fn poll_sole<T>(
        &self,
        cx: &mut Context<'_>,
        answer: &mut impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        self.sole.signals.task.register(cx.waker());
        // Whoever polls asks for something, even if nothing has woken it: the next row of a stream.
        let mut pending = self.sole.signals.resume() | ANSWER;
        loop {
            if pending & ANSWER != 0
                && let Poll::Ready(value) = answer(&mut Context::from_waker(&self.sole.answer))
            {
                self.sole.signals.set(pending & WIRE);
                return Poll::Ready(value);
            }
            // The call may have just handed over a request.
            if (pending | self.sole.signals.take(WIRE)) & WIRE != 0 {
                let mut state = self.state();
                if state.background.is_none() {
                    state.poll(&mut Context::from_waker(&self.sole.wire));
                }
            }
            if self.sole.signals.wait() {
                return Poll::Pending;
            }
            if !has_budget_remaining() {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            pending = self.sole.signals.take(ANSWER | WIRE);
        }
    }

    fn state(&self) -> MutexGuard<'_, WireState> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Driver {
    /// Sends the goodbye that the dropped client has left to its connection.
    fn drop(&mut self) {
        self.look();
    }
}

impl WireState {
    fn poll(&mut self, cx: &mut Context<'_>) {
        while let Some(wire) = &mut self.wire {
            match wire.poll_message(cx) {
                Poll::Pending => return,
                Poll::Ready(Some(Ok(message))) => telemetry::notice(&message),
                Poll::Ready(Some(Err(error))) => {
                    let error = Arc::new(error);
                    telemetry::connection_lost(&Error::because(Kind::ConnectionEnded, error.clone()));
                    self.error = Some(error);
                    self.wire = None;
                }
                Poll::Ready(None) => self.wire = None,
            }
        }
    }
}

/// A call under way. Dropped before it is told that it has ended, it leaves the connection abandoned.
pub(crate) struct Call {
    driver: Arc<Driver>,
    is_sole: bool,
    has_ended: bool,
}

impl Call {
    /// Polls the call, and moves the bytes that it waits for.
    pub fn poll<T>(
        &mut self,
        cx: &mut Context<'_>,
        mut answer: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> Poll<T> {
        match self.is_sole {
            true => self.driver.poll_sole(cx, &mut answer),
            false => answer(cx),
        }
    }

    /// The answer is complete, be it an error.
    pub fn end(mut self) {
        self.has_ended = true;
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.has_ended {
            self.driver.abandoned.store(true, Ordering::Release);
        }
        self.driver.end_call();
    }
}

/// The wakers of the one call that polls its connection itself. What wakes it while it is being polled needs no trip
/// through the scheduler.
struct Sole {
    signals: Arc<Signals>,
    answer: Waker,
    wire: Waker,
}

/// The call can go on.
const ANSWER: u8 = 1;
/// The connection can go on.
const WIRE: u8 = 2;
/// The task is not polling: it has to be woken.
const WAITING: u8 = 4;

#[derive(Default)]
struct Signals {
    bits: AtomicU8,
    task: AtomicWaker,
}

impl Signals {
    /// What there is to poll, now that the task is polling.
    fn resume(&self) -> u8 {
        self.bits.swap(0, Ordering::AcqRel)
    }

    fn take(&self, bits: u8) -> u8 {
        self.bits.fetch_and(!bits, Ordering::AcqRel) & bits
    }

    /// Whether there is nothing to poll, so that the next signal has to wake the task.
    fn wait(&self) -> bool {
        self.bits.compare_exchange(0, WAITING, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    fn set(&self, bits: u8) {
        if self.bits.fetch_or(bits, Ordering::AcqRel) & WAITING != 0 {
            self.task.wake();
        }
    }
}

struct Signal<const BIT: u8>(Arc<Signals>);

impl<const BIT: u8> Wake for Signal<BIT> {
    fn wake(self: Arc<Self>) {
        self.0.set(BIT);
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.set(BIT);
    }
}

impl Sole {
    /// A call begins: both have to be polled first.
    fn begin(&self) {
        self.signals.bits.store(ANSWER | WIRE, Ordering::Release);
    }
}

impl Default for Sole {
    fn default() -> Self {
        let signals = Arc::<Signals>::default();
        let answer = Waker::from(Arc::new(Signal::<ANSWER>(signals.clone())));
        let wire = Waker::from(Arc::new(Signal::<WIRE>(signals.clone())));
        Self { signals, answer, wire }
    }
}
