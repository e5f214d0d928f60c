mod gates;
mod lifecycle;
mod reports;
mod tracker;
