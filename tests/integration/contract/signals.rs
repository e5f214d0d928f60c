use crate::prelude::*;

fn history(o: &Observation, first: Feature) -> &[f32] {
    &o.values[first.index()..][..5]
}

#[test]
fn the_records_have_no_padding_and_their_meaning() {
    assert_eq!((size_of::<TrainingMetrics>(), size_of::<TrainingSignals>()), (64, 720));
    let names: Vec<_> = TrainingSignals::schema().fields().iter().map(|f| &*f.name).collect();
    assert_eq!(names[..2], ["metrics.global_step", "metrics.epoch"]);
    assert!(names.contains(&"active_seeds.7") && names.contains(&"loss_history"));
    assert_eq!(TrainingMetrics::schema().name(), "training_metrics");
}

#[test]
fn a_setter_refuses_and_names_the_field() {
    let mut s = TrainingSignals::default();
    let refused = [
        (s.set_gpu_utilization(1.1), ErrorKind::OutOfRange, "gpu_utilization"),
        (s.set_gpu_memory_gb(-1.0), ErrorKind::OutOfRange, "gpu_memory_gb"),
        (s.set_epoch_duration_ms(f32::INFINITY), ErrorKind::NotFinite, "epoch_duration_ms"),
        (s.metrics.set_best_val_loss(f32::NAN), ErrorKind::NotFinite, "best_val_loss"),
        (s.metrics.set_grad_norm_host(-0.1), ErrorKind::OutOfRange, "grad_norm_host"),
        (s.metrics.set_grad_norm_seed(f32::NAN), ErrorKind::NotFinite, "grad_norm_seed"),
        (s.set_loss_history(&[1.0, f32::NAN]), ErrorKind::NotFinite, "loss_history[1]"),
        (s.set_accuracy_history(&[100.5]), ErrorKind::OutOfRange, "accuracy_history[0]"),
        (s.add_active_seed(&"x".repeat(40)), ErrorKind::InvalidId, "x"),
        (s.add_active_seed(""), ErrorKind::InvalidId, "active_seeds"),
    ];
    for (result, kind, name) in refused {
        let e = result.unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
        assert!(!e.expected().is_empty() && !e.found().is_empty());
    }
    assert_eq!(s, TrainingSignals::default());
}

#[test]
fn optional_figures_are_there_or_not() {
    let mut s = TrainingSignals::default();
    assert_eq!((s.time_unix_ns(), s.gpu_memory_gb(), s.gpu_utilization()), (None, None, None));
    assert_eq!((s.metrics.grad_norm_host(), s.epoch_duration_ms()), (None, None));
    s.set_time_unix_ns(0);
    s.set_gpu_memory_gb(11.5).unwrap();
    s.set_gpu_utilization(0.0).unwrap();
    s.set_epoch_duration_ms(18.0).unwrap();
    s.metrics.set_best_val_loss(12.0).unwrap();
    s.metrics.set_grad_norm_host(1.0).unwrap();
    s.metrics.set_grad_norm_seed(2.0).unwrap();
    assert_eq!(
        (s.time_unix_ns(), s.gpu_memory_gb(), s.gpu_utilization(), s.epoch_duration_ms()),
        (Some(0), Some(11.5), Some(0.0), Some(18.0))
    );
    let m = &s.metrics;
    assert_eq!(
        (m.best_val_loss(), m.grad_norm_host(), m.grad_norm_seed()),
        (Some(12.0), Some(1.0), Some(2.0))
    );
    assert_eq!((s.present, m.present), (15, 7));
    s.check().unwrap();
}

#[test]
fn a_full_list_counts_what_it_drops() {
    let mut s = TrainingSignals::default();
    for i in 0..10 {
        s.add_active_seed(&format!("seed_{i}")).unwrap();
    }
    assert_eq!((s.active_seeds().unwrap().len(), s.active_seeds_dropped), (8, 2));
    assert_eq!(s.active_seeds().unwrap()[7].as_str().unwrap(), "seed_7");
    let figures: Vec<f32> = (0..40).map(|i| i as f32).collect();
    s.set_loss_history(&figures).unwrap();
    s.set_accuracy_history(&figures[..3]).unwrap();
    assert_eq!((s.loss_history().unwrap(), s.loss_history_dropped), (&figures[8..], 8));
    assert_eq!((s.accuracy_history().unwrap(), s.accuracy_history_dropped), (&figures[..3], 0));
    let o = s.to_observation();
    assert_eq!(history(&o, Feature::LossHist0), &figures[35..]);
    assert_eq!(history(&o, Feature::AccHist0), [0.0, 0.0, 0.0, 1.0, 2.0]);
}

#[test]
fn a_nan_in_signals_is_the_worst_value_of_its_field_where_it_is_there() {
    let nan = f32::NAN;
    let mut s = TrainingSignals {
        metrics: TrainingMetrics {
            present: TrainingMetrics::BEST_VAL_LOSS | TrainingMetrics::GRAD_NORM_SEED,
            train_loss: nan,
            val_loss: nan,
            loss_delta: nan,
            train_accuracy: nan,
            accuracy_delta: nan,
            best_val_loss: nan,
            grad_norm_host: nan,
            grad_norm_seed: -nan,
            ..TrainingMetrics::default()
        },
        loss_history: [nan; 32],
        loss_history_count: 2,
        accuracy_history: [nan; 32],
        accuracy_history_count: 1,
        seed_alpha: nan,
        seed_improvement: nan,
        ..TrainingSignals::default()
    };
    let mut observation = s.to_observation();
    assert_eq!(s.sanitize(), 8 + 64 + 2);
    s.check().unwrap();
    let m = &s.metrics;
    assert_eq!((m.train_loss, m.val_loss, m.loss_delta, m.best_val_loss), (1e6, 1e6, -1e6, 1e6));
    assert_eq!((m.train_accuracy, m.accuracy_delta), (0.0, -100.0));
    assert_eq!((m.grad_norm_host, m.grad_norm_seed), (0.0, f32::MAX), "absent, and there");
    assert_eq!(s.loss_history[..3], [1e6, 1e6, 0.0]);
    assert_eq!((s.accuracy_history[0], s.seed_alpha, s.seed_improvement), (0.0, 0.0, -100.0));
    // Both tiers agree, and the best loss is no exception.
    let hot = [2, 3, 4, 5, 7, 10, 14, 15, 20, 24, 25];
    assert_eq!(observation.sanitize(), hot.iter().fold(0, |mask, i| mask | 1 << i));
    assert_eq!(s.to_observation(), observation);
}

#[test]
fn a_list_is_zero_behind_its_entries_and_its_drops_are_counted_to_the_end() {
    let mut s = TrainingSignals::default();
    s.set_loss_history(&[9.0; 32]).unwrap();
    s.set_loss_history(&[1.0]).unwrap();
    assert_eq!((s.loss_history_count, s.loss_history_dropped), (1, 0));
    assert_eq!(s.loss_history[..3], [1.0, 0.0, 0.0]);
    s.check().unwrap();
    s.loss_history[2] = 2.0;
    let e = s.check().unwrap_err();
    assert!(e.kind() == ErrorKind::OutOfRange && e.to_string().contains("loss_history[2]"), "{e}");
    s.loss_history_count = 32;
    assert_eq!(s.loss_history().unwrap().len(), 32);
    s.loss_history_count = 33;
    assert_eq!(s.loss_history().unwrap_err().kind(), ErrorKind::OutOfRange);

    (s.active_seed_count, s.active_seeds_dropped) = (7, u32::MAX - 1);
    for i in 7..11 {
        s.add_active_seed(&format!("seed_{i}")).unwrap();
    }
    assert_eq!((s.active_seed_count, s.active_seeds_dropped), (8, u32::MAX));
    assert_eq!(s.active_seeds[7].as_str().unwrap(), "seed_7");
}

#[test]
fn any_record_makes_an_observation() {
    let all_ones: TrainingSignals = bytemuck::pod_read_unaligned(&[0xff; size_of::<TrainingSignals>()]);
    all_ones.to_observation();
}

#[test]
fn sanitized_signals_are_finite_and_counted() {
    let mut s = TrainingSignals::default();
    s.metrics.val_loss = f32::NAN;
    s.metrics.grad_norm_host = f32::INFINITY;
    s.metrics.present = TrainingMetrics::GRAD_NORM_HOST;
    s.gpu_utilization = 7.0;
    s.present = TrainingSignals::GPU_UTILIZATION;
    s.loss_history_count = 4;
    s.loss_history[3] = f32::NEG_INFINITY;
    assert_eq!(s.sanitize(), 4);
    s.check().unwrap();
    assert_eq!((s.metrics.val_loss, s.metrics.grad_norm_host), (1e6, f32::MAX));
    assert_eq!((s.gpu_utilization, s.sanitize()), (1.0, 0));
    let mut m = TrainingMetrics { train_loss: -1.0, ..TrainingMetrics::default() };
    assert_eq!(m.check().unwrap_err().kind(), ErrorKind::OutOfRange);
    assert_eq!((m.sanitize(), m.check().is_ok()), (1, true));
}
