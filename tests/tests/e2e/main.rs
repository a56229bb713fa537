//! End to end: built artefacts against real parts. One program, so that the dev stack is linked once.
//!
//! Each module is a concern of docs/SEMANTICS.md. What only runs where Ceph RGW is installed shows as ignored elsewhere.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod accept;
mod audit;
mod audit_scale;
mod ceph;
mod ceph_customer_keys;
mod ceph_worker;
mod ceph_worker_role;
mod cli_reference;
mod clocks;
mod command_words;
mod customer_keys;
mod deploy;
mod deploy_bench;
mod deploy_credentials;
mod dev_command;
mod doctor;
mod edge_platforms;
mod envelope_modes;
mod folder_listing;
mod function_url;
mod hostile_requests;
mod invalidation;
mod least_privilege;
mod logs_command;
mod memory;
mod openapi;
mod origin_faults;
mod origin_lambda_emulator;
mod pages;
mod pages_in_chromium;
mod private_bucket;
mod publish_route;
mod publisher_command;
mod publishers;
mod reader;
mod reader_route;
mod rewrap;
mod rotation;
mod round_trip;
mod sealed_metadata;
mod sites;
mod slow_clients;
mod smuggling;
mod spelling;
mod stack_ownership;
mod stored_scripts;
mod tutorial;
mod unreachable;
mod uploads;
mod worker;
mod worker_causes;
mod worker_opening;
mod worker_wrangler;
