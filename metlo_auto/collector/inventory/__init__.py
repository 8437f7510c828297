"""What pages, API and commands read: endpoints, fields, findings, routes; decides nothing about storage."""
