use crate::prelude::*;

#[test]
fn numbers_are_as_short_as_they_are_exact() {
    let shown = [Value::Float(0.1), Value::Float(f32::MAX), Value::Double(1e-9), Value::Signed(-3)]
        .map(|v| v.to_string());
    assert_eq!(shown, ["0.1", "3.4028235e38", "1e-9", "-3"]);
    assert_eq!(Value::Float(0.0).to_string(), "0");
}
