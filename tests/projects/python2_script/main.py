print "hello from long ago"
