//! Runs the queries over Pagila on a temporary database.

#![deny(warnings, missing_docs)]

use std::error::Error;

use bindery::chrono::{TimeZone, Utc};
use bindery::{Config, DatabaseClient, Numeric};
use db::films::InsertFilmParams;
use db::rentals::{InsertCustomerParams, InsertPlaceParams, InsertStoreParams, PayParams, RentOutParams};
use db::{FilmQueries, MpaaRating, RentalQueries};

mod everything;

/// What the build script made.
pub mod db {
    bindery::include_queries!();
}

/// The schema that the queries were judged on, applied by the same rules.
fn migrated() -> Result<bindery_postgres::Database, Box<dyn Error + Send + Sync>> {
    let database = bindery_postgres::Server::start()?.create_database()?;
    let mut client = database.connect()?;
    for name in ["uuidv7.sql", "pagila-schema.sql"] {
        let text = std::fs::read_to_string(format!("{}/sql/{name}", env!("CARGO_MANIFEST_DIR")))?;
        let migration = bindery_migrate::parse(name, &text).map_err(|errors| format!("{errors:?}"))?;
        bindery_migrate::apply(&mut client, &[migration])?;
    }
    Ok(database)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let database = tokio::task::spawn_blocking(migrated).await??;
    let client = DatabaseClient::create(Config::from_url(database.url())?).await?;
    let film_id = films(&FilmQueries::new(client.clone())).await?;
    rentals(&RentalQueries::new(client.clone()), film_id).await?;
    let rows = everything::read_all(&client.connection().await?).await?;
    assert!(rows > 0);
    println!("every query over Pagila ran, and every table and view was read: {rows} rows");
    Ok(())
}

async fn films(films: &FilmQueries) -> Result<i32, bindery::Error> {
    let language = films.insert_language("English").await?;
    let rate: Numeric = "2.99".parse().expect("a number");
    let film = InsertFilmParams {
        title: "Academy Dinosaur",
        description: Some("An epic drama of a teacher"),
        release_year: Some(2006),
        language_id: language.language_id,
        rental_rate: &rate,
        length: Some(86),
        rating: Some(MpaaRating::Pg13),
        special_features: Some(&["Deleted Scenes"]),
    };
    let film_id = films.insert_film(film).await?;
    let actor = films.insert_actor("Penelope", "Guiness").await?;
    films.cast_actor(film_id, actor.actor_id).await?;
    let category = films.insert_category("Drama").await?;
    films.file_film(film_id, category).await?;
    let found = films.find_film(film_id).await?.expect("it was inserted");
    assert_eq!((found.rating, found.release_year), (Some(MpaaRating::Pg13), Some(2006)));
    assert_eq!(films.search_films("dinosaur -cat").await?.len(), 1);
    assert_eq!(films.films_by_rating().await?[0].films, 1);
    assert_eq!(films.films_with_feature("Deleted Scenes").await?.len(), 1);
    assert_eq!(films.films_rated(&[MpaaRating::G, MpaaRating::Pg13]).await?.len(), 1);
    assert_eq!(films.film_list("Drama").await?[0].actors.as_deref(), Some("Penelope Guiness"));
    assert!(films.actor_info().await?[0].film_info.is_some());
    assert_eq!(films.films_with_original().await?[0].original_language, None);
    assert_eq!(films.longest_by_rating().await?[0].place, 1);
    assert_eq!(films.co_actors(actor.actor_id).await?.len(), 1);
    assert_eq!(films.raise_rates(&Numeric::from(1), MpaaRating::Pg13).await?[0].rental_rate.to_string(), "3.99");
    assert_eq!(films.rename_language("Scots", language.language_id).await?, 1);
    assert_eq!(films.drop_film_category(film_id).await?.len(), 1);
    Ok(film_id)
}

async fn rentals(rentals: &RentalQueries, film_id: i32) -> Result<(), bindery::Error> {
    let place =
        InsertPlaceParams { country: "Canada", city: "Lethbridge", address: "47 MySakila Drive", district: "Alberta", phone: "" };
    let address_id = rentals.insert_place(place).await?;
    let store = InsertStoreParams { first_name: "Mike", last_name: "Hillyer", address_id, username: "mike" };
    let store = rentals.insert_store(store).await?;
    let customer =
        InsertCustomerParams { store_id: store.store_id, first_name: "Mary", last_name: "Smith", email: None, address_id };
    let customer = rentals.insert_customer(customer).await?;
    assert_eq!(rentals.customer_list().await?[0].country, "Canada");
    let inventory_id = rentals.insert_inventory(film_id, store.store_id).await?;
    let day = |day| Utc.with_ymd_and_hms(2022, 3, day, 12, 0, 0).single().expect("a time");
    let (customer_id, staff_id) = (customer.customer_id, store.manager_staff_id);
    let rental = rentals.rent_out(RentOutParams { rental_date: day(1).into(), inventory_id, customer_id, staff_id }).await?;
    assert_eq!(rentals.give_back(Some(day(3).into()), rental.rental_id).await?, 1);
    let amount: Numeric = "2.99".parse().expect("a number");
    let pay = PayParams { customer_id, staff_id, rental_id: rental.rental_id, amount: &amount, payment_date: day(3).into() };
    let paid = rentals.pay(pay).await?;
    assert_eq!(rentals.payments_between(day(1).into(), day(9).into()).await?, [paid]);
    assert_eq!(rentals.customer_totals().await?[0].total, Some(amount));
    assert_eq!(rentals.in_stock(inventory_id).await?, Some(true));
    assert_eq!(rentals.last_rental().await?[0].title.as_deref(), Some("Academy Dinosaur"));
    Ok(())
}
