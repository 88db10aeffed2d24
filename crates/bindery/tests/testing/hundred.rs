//! A hundred tests, and how long they take.

use bindery::DatabaseClient;

use crate::migrations::MIGRATIONS;

/// Would fail if another test had the same database.
async fn is_alone(client: &DatabaseClient) {
    let conn = client.connection().await.unwrap();
    conn.execute("INSERT INTO owners (name) VALUES ('Ada')", &[]).await.unwrap();
    let owners: Vec<(String,)> = conn.query("SELECT name FROM owners", &[]).await.unwrap();
    assert_eq!(owners, [("Ada".to_owned(),)]);
}

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[bindery::test]
            #[ignore = "run by another test"]
            async fn $name(client: DatabaseClient) {
                is_alone(&client).await;
            }
        )*
    };
}

tests! {
    n00 n01 n02 n03 n04 n05 n06 n07 n08 n09 n10 n11 n12 n13 n14 n15 n16 n17 n18 n19
    n20 n21 n22 n23 n24 n25 n26 n27 n28 n29 n30 n31 n32 n33 n34 n35 n36 n37 n38 n39
    n40 n41 n42 n43 n44 n45 n46 n47 n48 n49 n50 n51 n52 n53 n54 n55 n56 n57 n58 n59
    n60 n61 n62 n63 n64 n65 n66 n67 n68 n69 n70 n71 n72 n73 n74 n75 n76 n77 n78 n79
    n80 n81 n82 n83 n84 n85 n86 n87 n88 n89 n90 n91 n92 n93 n94 n95 n96 n97 n98 n99
}
