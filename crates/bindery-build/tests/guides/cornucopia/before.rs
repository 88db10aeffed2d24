let book = find_book().bind(&client, &isbn).opt().await?;
if let Some(book) = book {
    rename_book().bind(&client, &book.title.to_uppercase(), &isbn).await?;
}
let loans = list_loans().bind(&client).all().await?;
