//! The whole wire in one file, one line for each thing that a peer depends on.
//!
//! A changed number, type or name is a red line in review. Where the change is meant, write the file anew with
//! `UPDATE_SURFACE=1 cargo test -p changxiao-proto --test wire_surface` and say in the commit why old peers survive it.

#![allow(clippy::unwrap_used)]

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use prost_reflect::{Cardinality, DescriptorPool, EnumDescriptor, FieldDescriptor, Kind, MessageDescriptor, ServiceDescriptor};

/// The file beside this test.
const SURFACE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire_surface.txt");

fn kind(field: &FieldDescriptor) -> String {
    match field.kind() {
        Kind::Message(message) => message.full_name().to_owned(),
        Kind::Enum(of) => of.full_name().to_owned(),
        scalar => format!("{scalar:?}"),
    }
}

fn label(field: &FieldDescriptor) -> String {
    let proto = field.field_descriptor_proto();
    if field.is_map() {
        return "map".to_owned();
    }
    match (field.cardinality(), field.containing_oneof()) {
        (Cardinality::Repeated, _) if field.is_packed() => "repeated packed".to_owned(),
        (Cardinality::Repeated, _) => "repeated".to_owned(),
        (Cardinality::Required, _) => "required".to_owned(),
        (Cardinality::Optional, _) if proto.proto3_optional() => "optional".to_owned(),
        (Cardinality::Optional, Some(oneof)) => format!("oneof {}", oneof.name()),
        (Cardinality::Optional, None) => "single".to_owned(),
    }
}

fn message_lines(message: &MessageDescriptor, lines: &mut String) {
    let name = message.full_name();
    writeln!(lines, "message {name}").unwrap();
    for range in message.reserved_ranges() {
        writeln!(lines, "message {name} reserved {}..{}", range.start, range.end).unwrap();
    }
    for reserved in message.reserved_names() {
        writeln!(lines, "message {name} reserved {reserved}").unwrap();
    }
    for field in message.fields() {
        let (number, own) = (field.number(), field.name());
        writeln!(lines, "field {name} {number} {own} {} {} json={}", label(&field), kind(&field), field.json_name()).unwrap();
    }
}

fn enum_lines(of: &EnumDescriptor, lines: &mut String) {
    writeln!(lines, "enum {}", of.full_name()).unwrap();
    for value in of.values() {
        writeln!(lines, "value {} {} {}", of.full_name(), value.number(), value.name()).unwrap();
    }
}

fn service_lines(service: &ServiceDescriptor, lines: &mut String) {
    writeln!(lines, "service {}", service.full_name()).unwrap();
    for method in service.methods() {
        let stream = |yes: bool| if yes { "stream " } else { "" };
        writeln!(
            lines,
            "method {} {}{} -> {}{}",
            method.full_name(),
            stream(method.is_client_streaming()),
            method.input().full_name(),
            stream(method.is_server_streaming()),
            method.output().full_name(),
        )
        .unwrap();
    }
}

/// Everything of our own packages, in the order of names, fields in the order of numbers.
fn surface(pool: &DescriptorPool) -> String {
    let ours = |package: &str| package.starts_with("changxiao.");
    let packages: BTreeSet<String> = pool.files().map(|file| file.package_name().to_owned()).filter(|name| ours(name)).collect();
    let mut lines = String::new();
    for package in &packages {
        writeln!(lines, "package {package}").unwrap();
        let mut services: Vec<_> = pool.services().filter(|s| s.package_name() == package).collect();
        services.sort_by_key(|s| s.full_name().to_owned());
        services.iter().for_each(|s| service_lines(s, &mut lines));
        let mut messages: Vec<_> = pool.all_messages().filter(|m| m.package_name() == package).collect();
        messages.sort_by_key(|m| m.full_name().to_owned());
        messages.iter().for_each(|m| message_lines(m, &mut lines));
        let mut enums: Vec<_> = pool.all_enums().filter(|e| e.package_name() == package).collect();
        enums.sort_by_key(|e| e.full_name().to_owned());
        enums.iter().for_each(|e| enum_lines(e, &mut lines));
    }
    lines
}

/// Lines of `before` that are gone with `-`, lines that are new with `+`. Order plays no part: every line names itself in full.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (BTreeSet<&str>, BTreeSet<&str>) = (before.lines().collect(), after.lines().collect());
    let mut changed: Vec<(&str, char)> =
        old.difference(&new).map(|line| (*line, '-')).chain(new.difference(&old).map(|line| (*line, '+'))).collect();
    changed.sort();
    changed.iter().map(|(line, sign)| format!("{sign} {line}\n")).collect()
}

#[test]
fn the_wire_is_as_promised() {
    let now = surface(&DescriptorPool::decode(changxiao_proto::DESCRIPTORS).unwrap());
    if std::env::var_os("UPDATE_SURFACE").is_some() {
        fs::write(SURFACE, &now).unwrap();
    }
    let promised = if Path::new(SURFACE).exists() { fs::read_to_string(SURFACE).unwrap() } else { String::new() };
    assert!(
        now == promised,
        "the wire differs from proto/tests/wire_surface.txt:\n{}\nIf that is meant: UPDATE_SURFACE=1 cargo test -p changxiao-proto --test wire_surface",
        difference(&promised, &now)
    );
}

#[test]
fn a_renumbered_field_is_seen() {
    let pool = DescriptorPool::decode(changxiao_proto::DESCRIPTORS).unwrap();
    let mut files: Vec<_> = pool.file_descriptor_protos().cloned().collect();
    let receipt = files.iter_mut().flat_map(|file| &mut file.message_type).find(|message| message.name() == "Receipt").unwrap();
    receipt.field.iter_mut().find(|field| field.name() == "etag").unwrap().number = Some(99);
    let mut changed = DescriptorPool::new();
    changed.add_file_descriptor_protos(files).unwrap();
    assert_eq!(
        difference(&surface(&pool), &surface(&changed)),
        "- field changxiao.types.v1.Receipt 10 etag single string json=etag\n+ field changxiao.types.v1.Receipt 99 etag single string json=etag\n"
    );
}
