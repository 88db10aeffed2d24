use bindery::Connection;

use crate::db::books::{self, ListLoansRow};

pub async fn rename(conn: &Connection, isbn: &str) -> Result<Vec<ListLoansRow>, bindery::Error> {
    let book = books::find_book(conn, isbn).await?;
    if let Some(book) = book {
        books::rename_book(conn, &book.title.to_uppercase(), isbn).await?;
    }
    books::list_loans(conn).await
}
