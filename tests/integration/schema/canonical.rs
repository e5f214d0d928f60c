use super::Outer;
use crate::prelude::*;
use std::borrow::Cow;

#[test]
fn a_fingerprint_is_the_beginning_of_a_sha256() {
    // printf '...' | sha256sum
    assert_eq!(hex(&fingerprint_of("abc")), "ba7816bf8f01cfea414140de5dae2223");
}

#[test]
fn a_mismatch_is_told_in_numbers_that_people_read() {
    let wanted = Outer::schema();
    let mut fields = wanted.fields().to_vec();
    fields[1].high = 2.5;
    let other = Schema::new("outer", 3, 64, fields).unwrap();
    let said = wanted.mismatch(&other).to_string();
    let field = |high| {
        format!(": field 1 inner.x, 1 x f32 at byte 40, unit m, -1 to {high}, scale raw, missing none")
    };
    assert!(said.contains(&field("1")) && said.contains(&field("2.5")), "{said}");
    let task = |n| wanted.clone().with_parameters(&[("steps", n)]).unwrap();
    let said = task(1000.0).mismatch(&task(0.5)).to_string();
    assert!(said.contains(": parameter steps 1000;") && said.contains(": parameter steps 0.5;"), "{said}");
}

#[test]
fn any_change_of_meaning_changes_the_fingerprint() {
    let base = Outer::schema();
    let rebuilt = |f: &dyn Fn(&mut Vec<Field>)| {
        let mut fields = base.fields().to_vec();
        f(&mut fields);
        Schema::new("outer", 3, 64, fields).unwrap().fingerprint()
    };
    assert_eq!(rebuilt(&|_| ()), base.fingerprint());
    #[allow(clippy::type_complexity)]
    let changes: [&dyn Fn(&mut Vec<Field>); 6] = [
        &|f| f[1].name = "inner.y".into(),
        &|f| f[1].unit = "km".into(),
        &|f| f[1].high = 2.0,
        &|f| f[1].scale = "log".into(),
        &|f| f[1].missing = "zero".into(),
        &|f| f[1].ty = FieldType::U32,
    ];
    for change in changes {
        assert_ne!(rebuilt(change), base.fingerprint());
    }
    let other = Schema::new("outer", 4, 64, base.fields().to_vec()).unwrap();
    assert_ne!(other.fingerprint(), base.fingerprint());
    let a = base.clone().with_parameters(&[("a", 1.0), ("b", 2.0)]).unwrap();
    let others: [&[(&str, f64)]; 4] =
        [&[], &[("a", 1.0)], &[("b", 2.0), ("a", 1.0)], &[("a", 1.0), ("b", 2.0 + 2.0 * f64::EPSILON)]];
    for parameters in others {
        assert_ne!(base.clone().with_parameters(parameters).unwrap().fingerprint(), a.fingerprint());
    }
    assert_eq!((a.parameters().len(), a.parameter("b"), a.parameter("c")), (2, Some(2.0), None));
}

#[test]
fn a_schema_that_makes_no_sense_is_refused() {
    let fields = Outer::schema().fields().to_vec();
    let bad = |name: &'static str, size, fields| Schema::new(name, 1, size, fields).unwrap_err().kind();
    assert_eq!(bad("", 64, fields.clone()), ErrorKind::InvalidArgument);
    assert_eq!(bad("x", 64, vec![]), ErrorKind::InvalidArgument);
    assert_eq!(bad("x", 32, fields.clone()), ErrorKind::InvalidArgument);
    let mut twice = fields.clone();
    twice[2].name = twice[1].name.clone();
    assert_eq!(bad("x", 64, twice), ErrorKind::InvalidArgument);
    let mut nan = fields.clone();
    nan[0].low = f64::NAN;
    assert_eq!(bad("x", 64, nan), ErrorKind::InvalidArgument);
    let many = |n: u32| {
        let field =
            |i| Field { name: format!("f{i}").into(), offset: i, ty: FieldType::U8, ..fields[2].clone() };
        Schema::new("x", 1, 8192, (0..n).map(field).collect())
    };
    assert!(many(4096).is_ok());
    assert!(many(4097).unwrap_err().to_string().contains("1 to 4096 fields"));
    let base = Outer::schema();
    let many: Vec<String> = (0..65).map(|i| format!("p{i}")).collect();
    let many: Vec<(&str, f64)> = many.iter().map(|name| (&**name, 1.0)).collect();
    assert!(base.clone().with_parameters(&many[..64]).is_ok());
    for parameters in [&many[..], &[("a", f64::NAN)], &[("a b", 1.0)], &[("a", 1.0), ("a", 2.0)]] {
        let e = base.clone().with_parameters(parameters).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument);
    }
}

#[test]
fn no_word_of_a_schema_has_a_control_character() {
    let fields = Outer::schema().fields().to_vec();
    for c in ["\0", "\u{1}", "\u{8}", "\u{1b}", "\u{7f}", "\u{85}", "\u{9f}"] {
        let word = || Cow::from(format!("a{c}b"));
        let spoils: [fn(&mut Field, Cow<'static, str>); 4] =
            [|f, w| f.name = w, |f, w| f.unit = w, |f, w| f.scale = w, |f, w| f.missing = w];
        for spoil in spoils {
            let mut fields = fields.clone();
            spoil(&mut fields[1], word());
            let e = Schema::new("x", 1, 64, fields).unwrap_err();
            assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{c:?}: {e}");
            assert!(!e.to_string().contains(c), "{e:?}");
        }
        let e = Schema::new(word(), 1, 64, fields.clone()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{c:?}: {e}");
        let e = Outer::schema().clone().with_parameters(&[(&word(), 1.0)]).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::InvalidArgument, "{c:?}: {e}");
        let text = Outer::schema().canonical().replace("inner.x", &word());
        assert_eq!(Schema::from_canonical(&text).unwrap_err().kind(), ErrorKind::Corrupt, "{c:?}");
    }
}

#[test]
fn a_canonical_text_reads_back_and_no_other_does() {
    let schema = Outer::schema().clone().with_parameters(&[("p", 0.5)]).unwrap();
    let text = schema.canonical();
    assert!(text.contains("\nrecord outer 3 64\nparameter p 3fe0000000000000\nfield 0 id "));
    let back = Schema::from_canonical(&text).unwrap();
    assert_eq!((back.fingerprint(), back), (schema.fingerprint(), schema));
    let swapped = text.replacen("parameter p 3fe0000000000000\n", "", 1) + "parameter p 3fe0000000000000\n";
    let spoilt = [
        String::new(),
        "leyline-schema 2\n".into(),
        text.replace("leyline-schema 1", "leyline-schema 01"),
        text.replace("outer 3", "outer 03"),
        text.replace("outer 3", "outer +3"),
        text.replace("field 1 ", "field 2 "),
        text.replace(" f32 ", " f16 "),
        text.replace(" 1 40 ", " 1 -40 "),
        text.replace("bff0", "BFF0"),
        text.replace("3ff0000000000000 raw", "3ff000000000000 raw"),
        text.replace("3ff0000000000000", "7ff8000000000000"),
        text.replace("inner.n", "inner.x"),
        text.replace('\n', "\r\n"),
        text.replace(" - ", "  "),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{text}field 4 x\n"),
        swapped,
        "x".repeat((1 << 20) + 1),
    ];
    for text in spoilt {
        let e = Schema::from_canonical(&text).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Corrupt, "{e}");
    }
    let e = Schema::from_canonical(&text.replace("bff0", "BFF0")).unwrap_err();
    assert!(e.found().starts_with("line 5: \"field 1 inner.x f32 1 40 m BFF0"), "{e}");
}
