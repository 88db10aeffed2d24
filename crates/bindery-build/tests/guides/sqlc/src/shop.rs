use bindery::DatabaseClient;

use crate::db::BookQueries;

pub async fn rename(client: &DatabaseClient, isbn: &str) -> Result<String, bindery::Error> {
    let books = BookQueries::new(client.clone());
    let book = books.get_book(isbn).await?;
    books.rename_book(&book.title.to_uppercase(), isbn).await?;
    let found = books.list_books(&[book.id]).await?;
    Ok(found.into_iter().map(|book| book.title).collect())
}
