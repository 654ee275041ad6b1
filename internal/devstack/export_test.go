package devstack

// Abandon drops the lock and leaves the children, as a kill does.
func (s *Stack) Abandon() { _ = s.lock.Close() }
