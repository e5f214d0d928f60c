//! iceoryx2 0.10. Publish-subscribe as in its `publish-subscribe` benchmark: a buffer of one sample
//! that overflows, the next sample taken on loan while the other side works. A stream needs a
//! buffer that does not overflow and a publisher that retries. The blackboard, which keeps the
//! newest value only, is polled by its generation. A sleeper waits for an event, as in its `event`
//! benchmark, and then takes the sample.

use super::{Answer, Answers, Drains, Hears, Receives, Sends, Streams};
use crate::support::{Patience, spin_until};
use iceoryx2::port::listener::Listener;
use iceoryx2::port::notifier::Notifier;
use iceoryx2::port::publisher::Publisher;
use iceoryx2::port::reader::{BlackboardValue, EntryHandle, Reader};
use iceoryx2::port::subscriber::Subscriber;
use iceoryx2::port::writer::{EntryHandleMut, Writer};
use iceoryx2::prelude::*;
use iceoryx2::sample::Sample;
use iceoryx2::sample_mut_uninit::SampleMutUninit;
use leyline::Observation;
use std::mem::MaybeUninit;
use std::path::Path as FilePath;

type Ipc = ipc::Service;
/// A participant.
pub type IpcNode = Node<Ipc>;

/// An observation as iceoryx2 may carry it.
#[repr(C)]
#[derive(Clone, Copy, Debug, ZeroCopySend)]
pub struct There {
    values: [f32; 27],
}

/// An answer as iceoryx2 may carry it.
#[repr(C)]
#[derive(Clone, Copy, Debug, ZeroCopySend)]
pub struct Back {
    words: [u64; 4],
}

/// Marks a record of iceoryx2 that has the bytes of one of leyline.
trait Carried: Copy + std::fmt::Debug + ZeroCopySend + 'static {
    const EMPTY: Self;
}
impl Carried for There {
    const EMPTY: Self = Self { values: [0.0; 27] };
}
impl Carried for Back {
    const EMPTY: Self = Self { words: [0; 4] };
}

fn there(observation: &Observation) -> There {
    There { values: observation.values }
}
fn back(answer: &Answer) -> Back {
    Back { words: bytemuck::cast(*answer) }
}
fn answer_of(back: &Back) -> Answer {
    bytemuck::cast(back.words)
}

/// Returns a participant whose files all lie under `folder` or begin with `prefix` in /dev/shm.
pub fn node(folder: &FilePath, prefix: &str) -> Node<Ipc> {
    set_log_level(LogLevel::Error);
    let mut config = Config::default();
    let root = folder.to_str().expect("a path of ASCII").as_bytes();
    config.global.set_root_path(&Path::new(root).expect("a path that iceoryx2 takes"));
    config.global.prefix = FileName::new(prefix.as_bytes()).expect("a prefix that iceoryx2 takes");
    let builder = NodeBuilder::new().config(&config).signal_handling_mode(SignalHandlingMode::Disabled);
    builder.create().expect("a node of iceoryx2's")
}

fn name(of: &str) -> ServiceName {
    ServiceName::new(of).expect("a name of a service")
}

/// Chooses the samples that a publish-subscribe service keeps.
#[derive(Clone, Copy)]
pub enum Shape {
    /// The newest only, as in their benchmark.
    Newest,
    /// All samples, with room for as many.
    Lossless(usize),
}

/// The shape for a sleeper, which loses no sample if it comes late.
const WOKEN: Shape = Shape::Lossless(64);

fn publish_subscribe<T: Carried>(
    node: &Node<Ipc>,
    of: &str,
    shape: Shape,
) -> iceoryx2::service::port_factory::publish_subscribe::PortFactory<Ipc, T, ()> {
    let (buffer, overflow) = match shape {
        Shape::Newest => (1, true),
        Shape::Lossless(slots) => (slots, false),
    };
    node.service_builder(&name(of))
        .publish_subscribe::<T>()
        .max_publishers(1)
        .max_subscribers(1)
        .history_size(0)
        .subscriber_max_buffer_size(buffer)
        .enable_safe_overflow(overflow)
        .open_or_create()
        .expect("a service of iceoryx2's")
}

/// A publisher with a sample always on loan, so that sending is writing and handing over.
struct Out<T: Carried> {
    publisher: Publisher<Ipc, T, ()>,
    next: Option<SampleMutUninit<Ipc, MaybeUninit<T>, ()>>,
}

impl<T: Carried> Out<T> {
    fn new(node: &Node<Ipc>, of: &str, shape: Shape) -> Self {
        let service = publish_subscribe::<T>(node, of, shape);
        let publisher = service
            .publisher_builder()
            .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
            .create()
            .expect("a publisher");
        let next = Some(publisher.loan_uninit().expect("a sample"));
        Self { publisher, next }
    }

    #[inline(always)]
    fn send(&mut self, value: T) {
        let sample = self.next.take().expect("on loan");
        sample.write_payload(value).send().expect("sent");
        self.next = Some(self.publisher.loan_uninit().expect("a sample"));
    }
}

fn subscriber<T: Carried>(node: &Node<Ipc>, of: &str, shape: Shape) -> Subscriber<Ipc, T, ()> {
    publish_subscribe::<T>(node, of, shape).subscriber_builder().create().expect("a subscriber")
}

#[inline(always)]
fn next<T: Carried>(subscriber: &Subscriber<Ipc, T, ()>) -> Sample<Ipc, T, ()> {
    let mut patience = Patience::default();
    loop {
        match subscriber.receive().expect("received") {
            Some(sample) => return sample,
            None => patience.spend(),
        }
    }
}

/// Publish-subscribe, where observations come from.
pub struct Near {
    out: Out<There>,
    answers: Option<Subscriber<Ipc, Back, ()>>,
    notifier: Option<Notifier<Ipc>>,
}

impl Near {
    pub fn round_trip(node: &Node<Ipc>) -> Self {
        Self {
            out: Out::new(node, "there", Shape::Newest),
            answers: Some(subscriber(node, "back", Shape::Newest)),
            notifier: None,
        }
    }
    pub fn stream(node: &Node<Ipc>, slots: usize) -> Self {
        let name = format!("stream-{slots}");
        Self { out: Out::new(node, &name, Shape::Lossless(slots)), answers: None, notifier: None }
    }
    /// Returns an end that follows each sample with an event.
    pub fn waking(node: &Node<Ipc>) -> Self {
        let notifier = event(node).notifier_builder().create().expect("a notifier");
        Self { out: Out::new(node, "woken", WOKEN), answers: None, notifier: Some(notifier) }
    }
}

fn event(node: &Node<Ipc>) -> iceoryx2::service::port_factory::event::PortFactory<Ipc> {
    let builder = node.service_builder(&name("wake")).event().max_notifiers(1).max_listeners(1);
    builder.event_id_max_value(128).open_or_create().expect("an event of iceoryx2's")
}

impl Sends for Near {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        self.out.send(there(observation));
        if let Some(notifier) = &self.notifier {
            notifier.notify().expect("notified");
        }
    }
}

impl Hears for Near {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        *answer = answer_of(next(self.answers.as_ref().expect("a subscriber")).payload());
    }
}

impl Streams for Near {
    #[inline(always)]
    fn push(&mut self, observation: &Observation) {
        self.out.send(there(observation));
    }
}

/// Publish-subscribe, where observations go.
pub struct Far {
    observations: Subscriber<Ipc, There, ()>,
    out: Option<Out<Back>>,
    listener: Option<Listener<Ipc>>,
}

impl Far {
    pub fn round_trip(node: &Node<Ipc>) -> Self {
        Self {
            observations: subscriber(node, "there", Shape::Newest),
            out: Some(Out::new(node, "back", Shape::Newest)),
            listener: None,
        }
    }
    pub fn stream(node: &Node<Ipc>, slots: usize) -> Self {
        let name = format!("stream-{slots}");
        Self { observations: subscriber(node, &name, Shape::Lossless(slots)), out: None, listener: None }
    }
    pub fn woken(node: &Node<Ipc>) -> Self {
        Self {
            observations: subscriber(node, "woken", WOKEN),
            out: None,
            listener: Some(event(node).listener_builder().create().expect("a listener")),
        }
    }
}

impl Receives for Far {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        let Some(listener) = &self.listener else {
            observation.values = next(&self.observations).payload().values;
            return;
        };
        // One wake may be for several samples, where the sleeper comes late.
        loop {
            if let Some(sample) = self.observations.receive().expect("received") {
                observation.values = sample.payload().values;
                return;
            }
            listener.blocking_wait(|_| {}).expect("woken");
        }
    }
}

impl Answers for Far {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        self.out.as_mut().expect("a publisher").send(back(answer));
    }
}

impl Drains for Far {
    #[inline(always)]
    fn drain(&mut self, mut each: impl FnMut(&Observation)) -> usize {
        match self.observations.receive().expect("received") {
            Some(sample) => {
                each(&Observation { values: sample.payload().values });
                1
            }
            None => 0,
        }
    }
}

type Entry<T> = EntryHandle<Ipc, u64, T>;
type EntryMut<T> = EntryHandleMut<Ipc, u64, T>;

/// The writing end of a blackboard of one value.
struct Chalk<T: Carried> {
    entry: Option<EntryMut<T>>,
    _writer: Writer<Ipc, u64>,
}

impl<T: Carried> Chalk<T> {
    fn new(node: &Node<Ipc>, of: &str) -> Self {
        let service = node.service_builder(&name(of)).blackboard_creator::<u64>().add::<T>(0, T::EMPTY);
        let service = service.create().expect("a blackboard");
        let writer = service.writer_builder().create().expect("its writer");
        Self { entry: Some(writer.entry::<T>(&0).expect("its entry")), _writer: writer }
    }

    #[inline(always)]
    fn write(&mut self, value: T) {
        let mut loaned = self.entry.take().expect("an entry").loan_uninit();
        loaned.value_mut().write(value);
        // SAFETY: written just above.
        self.entry = Some(unsafe { loaned.assume_init_and_update() });
    }
}

/// The reading end of a blackboard of one value.
struct Eye<T: Carried> {
    entry: Entry<T>,
    seen: BlackboardValue<T>,
    _reader: Reader<Ipc, u64>,
}

impl<T: Carried> Eye<T> {
    fn new(node: &Node<Ipc>, of: &str) -> Self {
        let service =
            node.service_builder(&name(of)).blackboard_opener::<u64>().open().expect("a blackboard");
        let reader = service.reader_builder().create().expect("its reader");
        let entry = reader.entry::<T>(&0).expect("its entry");
        Self { seen: entry.get(), entry, _reader: reader }
    }

    #[inline(always)]
    fn next(&mut self) -> T {
        spin_until(|| !self.entry.is_up_to_date(&self.seen));
        self.seen = self.entry.get();
        *self.seen
    }
}

/// A blackboard each way, where observations come from.
pub struct BoardNear {
    out: Chalk<There>,
    answers: Option<Eye<Back>>,
}

impl BoardNear {
    pub fn create(node: &Node<Ipc>) -> Self {
        Self { out: Chalk::new(node, "board-there"), answers: None }
    }
    /// Attaches to the blackboard of answers, once the other side has made it.
    pub fn attach_back(&mut self, node: &Node<Ipc>) {
        self.answers = Some(Eye::new(node, "board-back"));
    }
}

impl Sends for BoardNear {
    #[inline(always)]
    fn send(&mut self, observation: &Observation) {
        self.out.write(there(observation));
    }
}

impl Hears for BoardNear {
    #[inline(always)]
    fn hear(&mut self, answer: &mut Answer) {
        *answer = answer_of(&self.answers.as_mut().expect("attached").next());
    }
}

/// A blackboard each way, where observations go.
pub struct BoardFar {
    observations: Eye<There>,
    out: Chalk<Back>,
}

impl BoardFar {
    pub fn attach(node: &Node<Ipc>) -> Self {
        Self { observations: Eye::new(node, "board-there"), out: Chalk::new(node, "board-back") }
    }
}

impl Receives for BoardFar {
    #[inline(always)]
    fn receive(&mut self, observation: &mut Observation) {
        observation.values = self.observations.next().values;
    }
}

impl Answers for BoardFar {
    #[inline(always)]
    fn answer(&mut self, answer: &Answer) {
        self.out.write(back(answer));
    }
}
