using Orleans.Concurrency;
using OrleansStream.Contracts;
using OrleansStream.Engine.Hosting;
using OrleansStream.Engine.Hosting.Coordination;
using OrleansStream.GrainInterfaces;

namespace OrleansStream.Grains;

/// <summary>Hosts the coordinator of the groups that one partition holds: lends it the grain's life, no more.</summary>
/// <remarks>
/// Reentrant, because members wait for each other; the coordinator's loop takes one call after another. Should two
/// activations exist for a while, the log lets one of them write, and the other finds out at its next append.
/// </remarks>
[Reentrant]
[GrainType("groups")]
internal sealed class GroupCoordinatorGrain(StoreSupervisor supervisor, IGrainFactory grains)
    : Grain, IGroupCoordinatorGrain
{
    private GroupCoordinator _coordinator = null!; // Set by OnActivateAsync, before the first call.

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var id = PartitionId.Parse(this.GetPrimaryKeyString());
        var cluster = new OrleansCluster(grains);
        _coordinator = supervisor.CoordinateGroups(id, cluster.GetPartition(id), cluster.Topics);
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
        => await _coordinator.DisposeAsync();

    public ValueTask<JoinGroupReply> JoinAsync(JoinGroupRequest request, CancellationToken cancellationToken)
        => _coordinator.JoinAsync(request, cancellationToken);

    public ValueTask<SyncGroupReply> SyncAsync(SyncGroupRequest request, CancellationToken cancellationToken)
        => _coordinator.SyncAsync(request, cancellationToken);

    public ValueTask<StreamError> HeartbeatAsync(GroupMember member, CancellationToken cancellationToken)
        => _coordinator.HeartbeatAsync(member, cancellationToken);

    public ValueTask<LeaveGroupReply> LeaveAsync(LeaveGroupRequest request, CancellationToken cancellationToken)
        => _coordinator.LeaveAsync(request, cancellationToken);

    public ValueTask<CommitOffsetsReply> CommitOffsetsAsync(
        CommitOffsetsRequest request, CancellationToken cancellationToken)
        => _coordinator.CommitOffsetsAsync(request, cancellationToken);

    public ValueTask<FetchOffsetsReply> FetchOffsetsAsync(
        FetchOffsetsRequest request, CancellationToken cancellationToken)
        => _coordinator.FetchOffsetsAsync(request, cancellationToken);

    public ValueTask<CommitOffsetsReply> DeleteOffsetsAsync(
        DeleteOffsetsRequest request, CancellationToken cancellationToken)
        => _coordinator.DeleteOffsetsAsync(request, cancellationToken);

    public ValueTask<StreamError> DeleteAsync(string groupId, CancellationToken cancellationToken)
        => _coordinator.DeleteAsync(groupId, cancellationToken);

    public ValueTask<GroupDescription> DescribeAsync(string groupId, CancellationToken cancellationToken)
        => _coordinator.DescribeAsync(groupId, cancellationToken);

    public ValueTask<ListGroupsReply> ListAsync(CancellationToken cancellationToken)
        => _coordinator.ListAsync(cancellationToken);
}
