// The tests of this assembly start servers and count rented memory of the whole process.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
