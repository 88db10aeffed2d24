let book = sqlx::query!("SELECT id, title FROM books WHERE isbn = $1", isbn)
    .fetch_optional(&pool)
    .await?;
if let Some(book) = book {
    sqlx::query!("UPDATE books SET title = $1 WHERE id = $2", book.title.to_uppercase(), book.id)
        .execute(&pool)
        .await?;
}
let loans = sqlx::query!(
    r#"SELECT books.title, loans.member AS "member?" FROM books
    LEFT JOIN loans ON loans.book_id = books.id ORDER BY books.title"#
)
.fetch_all(&pool)
.await?;
