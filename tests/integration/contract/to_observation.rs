use crate::prelude::*;

#[test]
fn signals_give_the_row_of_their_observation_and_themselves() {
    let mut signals = TrainingSignals::default();
    signals.metrics.epoch = 3;
    let mut scratch = [7.0; 30];
    assert_eq!(signals.row(&mut scratch), signals.to_observation().values);
    assert!(ToObservation::signals(&signals).is_some() && Observation::EMPTY.signals().is_none());
    assert_eq!((&&Observation::EMPTY).row(&mut []), Observation::EMPTY.values);
}

#[test]
fn signals_without_room_for_a_row_give_none() {
    assert!(TrainingSignals::default().row(&mut [0.0; 26]).is_empty());
}
