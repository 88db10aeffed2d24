-- +goose Up
CREATE TYPE grant_of AS (grantee text, acl aclitem);
CREATE TYPE pair AS (a int, b int);
CREATE TYPE pair_range AS RANGE (subtype = pair);

-- types in C, one with a binary form
CREATE TYPE plain;
CREATE FUNCTION plain_in(cstring) RETURNS plain LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION plain_out(plain) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE plain (INPUT = plain_in, OUTPUT = plain_out, LIKE = text);
CREATE TYPE binary_too;
CREATE FUNCTION binary_too_in(cstring) RETURNS binary_too LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION binary_too_out(binary_too) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION binary_too_recv(internal) RETURNS binary_too LANGUAGE internal IMMUTABLE STRICT AS 'textrecv';
CREATE FUNCTION binary_too_send(binary_too) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'textsend';
CREATE TYPE binary_too (
    INPUT = binary_too_in, OUTPUT = binary_too_out, RECEIVE = binary_too_recv, SEND = binary_too_send, LIKE = text
);
