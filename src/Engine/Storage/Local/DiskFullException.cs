namespace OrleansStream.Engine.Storage.Local;

/// <summary>A write found no room and was undone, so that its file is as it was.</summary>
internal sealed class DiskFullException : IOException
{
    public DiskFullException(IOException cause)
        : base(cause.Message, cause) => HResult = cause.HResult;
}
