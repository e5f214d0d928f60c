use crate::prelude::*;
use bytemuck::Zeroable;
use leyline::contract::vocabulary::decode;

fn field<'f>(fields: &'f [Decoded], name: &str) -> &'f Decoded {
    fields.iter().find(|f| f.name == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn a_command_is_told_by_names_and_what_is_not_there_is_not() {
    let cnn = ActionSpace::cnn();
    let germinate = cnn.germinate("depthwise").unwrap();
    let command = cnn.command(germinate).unwrap().unwrap().with_action(germinate as u16);
    let bytes = bytemuck::bytes_of(&command);
    let fields = decode(AdaptationCommand::schema(), bytes, Some(&cnn)).unwrap();
    let meaning = |name| field(&fields, name).meaning.as_deref();
    assert_eq!(meaning("action"), Some("GERMINATE_DEPTHWISE"));
    assert_eq!(meaning("command_type"), Some("GERMINATE"));
    assert_eq!(meaning("target_stage"), Some("GERMINATED"));
    assert_eq!(meaning("present"), Some("target_stage, blueprint, action"));
    assert_eq!(field(&fields, "blueprint").value, Value::Text("depthwise".into()));
    assert!(!field(&fields, "alpha").present && field(&fields, "action").present);
    assert!(fields.iter().all(|f| f.problem.is_none()));
    // An annotation is another record of the same size on the same ring.
    let annotation = CommandAnnotation::new("policy", "greedy").unwrap();
    let fields_of_it = decode(AdaptationCommand::schema(), bytemuck::bytes_of(&annotation), None).unwrap();
    assert_eq!(field(&fields_of_it, "key").value, Value::Text("policy".into()));
    assert_eq!(field(&fields_of_it, "command_type").meaning.as_deref(), Some("ANNOTATION"));
    // Without the action space an action has no name.
    let fields = decode(AdaptationCommand::schema(), bytes, None).unwrap();
    assert_eq!(field(&fields, "action").meaning, None);
    let e = decode(AdaptationCommand::schema(), &bytes[1..], None).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::InvalidArgument);
}

#[test]
fn lists_are_as_long_as_they_count_in_nested_records_too() {
    let mut signals = TrainingSignals::zeroed();
    signals.loss_history[..2].copy_from_slice(&[0.5, 0.25]);
    signals.loss_history_count = 2;
    signals.active_seed_count = 1;
    signals.active_seeds[0] = leyline::schema::id::Id::new("seed-1").unwrap();
    signals.metrics.set_grad_norm_host(3.0).unwrap();
    signals.seed_stage = SeedStage::Blending.value();
    let mut report =
        FieldReport { present: FieldReport::SIGNALS, signals, command_count: 1, ..FieldReport::default() };
    report.commands[0] = [0xab; 16];
    let fields = decode(FieldReport::schema(), bytemuck::bytes_of(&report), None).unwrap();
    let shown = |name| field(&fields, name).value.to_string();
    assert_eq!(shown("signals.loss_history"), "[0.5, 0.25]");
    assert_eq!(shown("signals.active_seeds"), "[seed-1]");
    assert_eq!(shown("commands"), "[abababab-abab-abab-abab-abababababab]");
    assert!(field(&fields, "signals.metrics.grad_norm_host").present);
    assert!(!field(&fields, "signals.metrics.grad_norm_seed").present);
    assert_eq!(field(&fields, "signals.metrics.present").meaning.as_deref(), Some("grad_norm_host"));
    assert_eq!(field(&fields, "signals.seed_stage").meaning.as_deref(), Some("BLENDING"));
    // Without their bit the signals are absent, whatever they contain.
    report.present = 0;
    report.signals.loss_history_count = 33;
    let fields = decode(FieldReport::schema(), bytemuck::bytes_of(&report), None).unwrap();
    let inside = fields.iter().filter(|f| f.name.starts_with("signals.")).collect::<Vec<_>>();
    assert!(inside.len() > 20 && inside.iter().all(|f| !f.present));
    let wrong = field(&fields, "signals.loss_history").problem.as_deref();
    assert_eq!(wrong, Some("33 entries counted, room for 32"));
}

#[test]
fn a_scaled_number_is_told_in_its_unit() {
    let normalizer = Normalizer::new(&Task::cifar10()).unwrap();
    let mut observation = Observation::EMPTY;
    observation[Feature::Epoch] = 12.0;
    observation[Feature::SeedStage] = 4.0;
    observation[Feature::AccuracyDelta] = -60.0;
    observation[Feature::ValLoss] = 1.5;
    let normalized = normalizer.normalize(&observation);
    let fields = decode(normalizer.schema().schema(), bytemuck::bytes_of(normalized.values()), None).unwrap();
    let meaning = |name| field(&fields, name).meaning.as_deref();
    assert_eq!(meaning("EPOCH"), Some("12 epochs"));
    assert_eq!(meaning("SEED_STAGE"), Some("BLENDING"));
    assert_eq!(meaning("ACCURACY_DELTA"), Some("-50 pp or less"));
    assert_eq!(meaning("VAL_LOSS"), Some("1.5 nats"));
}

#[test]
fn any_bytes_are_decoded_and_what_is_wrong_is_said() {
    for schema in schemas() {
        let fields = decode(schema, &vec![0xff; schema.size()], None).unwrap();
        assert!(fields.iter().any(|f| f.problem.is_some()), "{}", schema.name());
    }
    let problem = |name: &str| {
        let fields = decode(CommandOutcome::schema(), &[0xff; size_of::<CommandOutcome>()], None).unwrap();
        field(&fields, name).problem.clone().unwrap()
    };
    assert_eq!(problem("status"), "outside 1 to 4");
    assert_eq!(problem("gate_score"), "not finite");
    assert_eq!(problem("text"), "no NUL at its end");
}
