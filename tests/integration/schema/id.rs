use crate::prelude::*;

#[test]
fn an_id_is_kept_whole_or_refused() {
    let id = Id::new("layer_0_post_block-conv_heavy").unwrap();
    assert_eq!(id.as_str().unwrap(), "layer_0_post_block-conv_heavy");
    assert!(Id::new(&"x".repeat(39)).is_ok());
    for bad in ["x".repeat(40), "a\0b".into()] {
        assert_eq!(Id::new(&bad).unwrap_err().kind(), ErrorKind::InvalidId);
    }
    assert_eq!(Id::from_bytes(b"\xff\xfe").unwrap_err().kind(), ErrorKind::InvalidId);
}

#[test]
fn a_hostile_id_does_not_read_as_text() {
    let full: Id = bytemuck::cast([b'x'; ID_BYTES]);
    assert_eq!(full.as_str().unwrap_err().kind(), ErrorKind::InvalidId);
    let bad: Id = bytemuck::cast([0xffu8; ID_BYTES]);
    assert!(bad.as_str().is_err());
    assert!(!bad.to_string().is_empty());
}

#[test]
fn text_is_cut_at_a_character_and_says_so() {
    let (text, cut) = Text::new(&"ä".repeat(40));
    assert!(cut);
    assert_eq!(text.as_bytes().len(), 62);
    let (text, cut) = Text::new("short");
    assert_eq!((text.to_string().as_str(), cut), ("short", false));
    assert!(Text::new("a\0b").1);
}
