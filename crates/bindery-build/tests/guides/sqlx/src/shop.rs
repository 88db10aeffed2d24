use bindery::DatabaseClient;

use crate::db::BookQueries;
use crate::db::books::ListLoansRow;

pub async fn rename(client: &DatabaseClient, isbn: &str) -> Result<Vec<ListLoansRow>, bindery::Error> {
    let books = BookQueries::new(client.clone());
    let book = books.find_book(isbn).await?;
    if let Some(book) = book {
        books.rename_book(&book.title.to_uppercase(), book.id).await?;
    }
    books.list_loans().await
}
