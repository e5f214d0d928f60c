mod canonical;
mod decode;
mod id;
mod migration;
mod record;
mod row;
mod scale;
