/* name: ListCars :many */ SELECT wheels FROM cars;
