use crate::prelude::*;

#[test]
fn the_limit_itself_is_within_and_more_is_not() {
    let budgets = PerformanceBudgets::default();
    budgets.check().unwrap();
    let limits = Budget::ALL.iter().map(|budget| budgets.limit(*budget)).collect::<Vec<_>>();
    assert_eq!(limits, [18.0, 5.0, 2.0, 2.0, 12.0]);
    for (budget, limit) in Budget::ALL.iter().copied().zip(limits) {
        assert_eq!(budgets.exceeded_by(budget, limit).unwrap(), None);
        assert_eq!(budgets.exceeded_by(budget, 0.0).unwrap(), None);
        let measured = limit.next_up();
        let overrun = budgets.exceeded_by(budget, measured).unwrap().unwrap();
        assert_eq!(overrun, Overrun { budget, limit, measured });
    }
    for (bad, kind) in [(f32::NAN, ErrorKind::NotFinite), (-1.0, ErrorKind::OutOfRange)] {
        let e = budgets.exceeded_by(Budget::Epoch, bad).unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        let e = budgets.with_limit(Budget::SeedMemory, bad).unwrap_err();
        assert!(e.kind() == kind && e.to_string().contains("seed_memory_gb"), "{e}");
    }
    for budget in Budget::ALL {
        let wider = budgets.with_limit(*budget, 100.0).unwrap();
        assert_eq!(wider.limit(*budget), 100.0);
        assert_eq!(Budget::ALL.iter().filter(|b| wider.limit(**b) == 100.0).count(), 1);
    }
}

#[test]
fn signals_exceed_what_they_tell_of() {
    let budgets = PerformanceBudgets::default();
    let mut signals = TrainingSignals::default();
    assert_eq!(budgets.exceeded_by_signals(&signals).count(), 0);
    signals.set_epoch_duration_ms(18.5).unwrap();
    signals.set_gpu_memory_gb(12.0).unwrap();
    let over: Vec<_> = budgets.exceeded_by_signals(&signals).map(|o| o.budget).collect();
    assert_eq!(over, [Budget::Epoch]);
    signals.set_gpu_memory_gb(13.0).unwrap();
    assert_eq!(budgets.exceeded_by_signals(&signals).count(), 2);
}

#[test]
fn an_overrun_is_told_as_an_event() {
    let overrun = Overrun { budget: Budget::TotalMemory, limit: 12.0, measured: 12.5 };
    let event = overrun.to_event([3; 16], 9).unwrap();
    event.check().unwrap();
    assert_eq!(event.event_type().unwrap(), EventType::PerformanceDegradation);
    assert_eq!(event.message.to_string(), "TOTAL_MEMORY took 12.5 of 12 GB");
    assert_eq!(
        (event.value("budget"), event.value("limit"), event.value("measured")),
        (Some(5.0), Some(12.0), Some(12.5))
    );
}
