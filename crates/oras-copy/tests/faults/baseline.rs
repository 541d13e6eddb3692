//! Copies without a fault: the baseline for all others.

use oras_copy::Side;

use crate::case::{check_resumption, check_run, through};
use crate::run::{Way, World};

#[tokio::test]
async fn a_copy_costs_what_its_bill_says() {
    let world = World::new().await;
    let run = world.run(Way::Plain, Side::Source, None).await;
    check_run(&world, Way::Plain, &run, through(0, 0)).await;
    check_resumption(&world, Way::Plain).await;
    check_resumption(&world, Way::Extended).await;
}

#[tokio::test]
async fn an_extended_copy_costs_what_its_bill_says() {
    let world = World::new().await;
    let run = world.run(Way::Extended, Side::Source, None).await;
    check_run(&world, Way::Extended, &run, through(0, 0)).await;
    check_resumption(&world, Way::Extended).await;
    check_resumption(&world, Way::Plain).await;
}
