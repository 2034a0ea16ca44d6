//! Small documents, one for each code: what turns it on, and the same put right.
