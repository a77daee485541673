//! Tables: typed rows kept in memory
