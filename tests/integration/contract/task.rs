use crate::prelude::*;

pub(crate) fn custom() -> Task {
    Task {
        name: Id::new("custom").unwrap(),
        baseline_loss: 4.0,
        target_loss: 0.0,
        delta_std: 0.5,
        max_epochs: 7.0,
        max_steps: 123.0,
        max_slots: 3.0,
    }
}

#[test]
fn a_task_that_makes_no_sense_is_refused_by_name() {
    type Spoil = fn(&mut Task);
    let cases: [(Spoil, ErrorKind, &str); 16] = [
        (|t| t.baseline_loss = t.target_loss, ErrorKind::OutOfRange, "baseline_loss"),
        (|t| t.baseline_loss = -1.0, ErrorKind::OutOfRange, "baseline_loss"),
        (|t| (t.baseline_loss, t.target_loss) = (1e308, -1e308), ErrorKind::OutOfRange, "baseline_loss"),
        (|t| t.baseline_loss = f64::INFINITY, ErrorKind::NotFinite, "baseline_loss"),
        (|t| t.target_loss = f64::NAN, ErrorKind::NotFinite, "target_loss"),
        (|t| t.delta_std = 0.0, ErrorKind::OutOfRange, "delta_std"),
        (|t| t.delta_std = -0.5, ErrorKind::OutOfRange, "delta_std"),
        (|t| t.delta_std = f64::NAN, ErrorKind::NotFinite, "delta_std"),
        (|t| t.max_epochs = 0.0, ErrorKind::OutOfRange, "max_epochs"),
        (|t| t.max_steps = 0.999, ErrorKind::OutOfRange, "max_steps"),
        (|t| t.max_slots = -1.0, ErrorKind::OutOfRange, "max_slots"),
        (|t| t.max_slots = f64::INFINITY, ErrorKind::NotFinite, "max_slots"),
        (|t| t.name = Id::EMPTY, ErrorKind::InvalidArgument, "name of the task"),
        (|t| t.name = Id::new("a b").unwrap(), ErrorKind::InvalidArgument, "name of the task"),
        (|t| t.name = Id::new(&"x".repeat(28)).unwrap(), ErrorKind::InvalidArgument, "name of the task"),
        (|t| t.name = bytemuck::cast([0xffu8; 40]), ErrorKind::InvalidId, "name of the task"),
    ];
    for (spoil, kind, name) in cases {
        let mut task = custom();
        spoil(&mut task);
        let e = task.check().unwrap_err();
        assert_eq!(e.kind(), kind, "{e}");
        assert!(e.to_string().contains(name), "{e}");
    }
    Task { name: Id::new(&"x".repeat(27)).unwrap(), ..custom() }.check().unwrap();
}
