// C header: seed
//! The handles of life cycles: by themselves, or in a steering.

use super::boundary::handle::{Used, handles, open, open_mut};
use super::seed_host::Host;
use super::trainer::leyline_trainer_t;
use crate::base::error::Result;
use crate::link::Helm;
use crate::seed::lifecycle::SeedLifecycle;
use std::ops::{Deref, DerefMut};

/// A seed slot and the seed in it. Makes the records that a trainer reports, which wait to be taken
/// with leyline_seed_lifecycle_next.
pub struct leyline_seed_lifecycle_t {
    pub(super) life: Life,
}

/// A trainer's whole step: its tracker and the life cycles of its seed slots, over a trainer.
pub struct leyline_steering_t {
    pub(super) helm: Helm,
    /// The caller's: looked at in each call.
    pub(super) trainer: *mut leyline_trainer_t,
    pub(super) host: Host,
}

handles!(leyline_seed_lifecycle_t: "seed", leyline_steering_t: "steering");

pub(super) enum Life {
    Own(Box<SeedLifecycle>),
    /// That of a steering, which may be closed.
    Of {
        steering: *mut leyline_steering_t,
        slot: usize,
    },
}

/// Returns the life cycle behind a handle, to look at.
pub(super) unsafe fn life<'a>(seed: *const leyline_seed_lifecycle_t) -> Result<&'a SeedLifecycle> {
    // SAFETY: promise 2, for the steering too.
    unsafe {
        Ok(match &open(seed, "seed")?.life {
            Life::Own(life) => life,
            Life::Of { steering, slot } => &open(*steering, "steering of the seed")?.helm.seeds[*slot],
        })
    }
}

/// The life cycle behind a handle, to use: its owner is marked as in use until this is dropped.
pub(super) enum LifeMut<'a> {
    Own(Used<'a, leyline_seed_lifecycle_t>),
    Of(Used<'a, leyline_steering_t>, usize),
}

pub(super) unsafe fn life_mut<'a>(seed: *mut leyline_seed_lifecycle_t) -> Result<LifeMut<'a>> {
    // SAFETY: promise 2, for the steering too.
    unsafe {
        let used = open_mut(seed, "seed")?;
        Ok(match used.life {
            Life::Own(_) => LifeMut::Own(used),
            Life::Of { steering, slot } => LifeMut::Of(open_mut(steering, "steering of the seed")?, slot),
        })
    }
}

impl Deref for LifeMut<'_> {
    type Target = SeedLifecycle;

    fn deref(&self) -> &SeedLifecycle {
        match self {
            Self::Own(used) => match &used.life {
                Life::Own(life) => life,
                Life::Of { .. } => unreachable!("made of one of its own"),
            },
            Self::Of(used, slot) => &used.helm.seeds[*slot],
        }
    }
}

impl DerefMut for LifeMut<'_> {
    fn deref_mut(&mut self) -> &mut SeedLifecycle {
        match self {
            Self::Own(used) => match &mut used.life {
                Life::Own(life) => life,
                Life::Of { .. } => unreachable!("made of one of its own"),
            },
            Self::Of(used, slot) => &mut used.helm.seeds[*slot],
        }
    }
}
