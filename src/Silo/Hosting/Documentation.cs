using System.Reflection;
using System.Xml.Linq;

namespace OrleansStream.Silo.Hosting;

/// <summary>
/// Finds what the source says a property is for, so that --help and the source cannot say different things.
/// </summary>
/// <remarks>The build writes all documentation comments to an XML file beside each assembly.</remarks>
internal sealed class Documentation
{
    private readonly Dictionary<Assembly, Dictionary<string, XElement>> _members = [];

    /// <summary>The summary on one line; empty where the documentation was not shipped.</summary>
    public string Find(PropertyInfo property)
    {
        var type = property.DeclaringType!;
        return MembersOf(type.Assembly).TryGetValue($"P:{type.FullName}.{property.Name}", out var member)
            ? ToLine(member.Element("summary"))
            : "";
    }

    private Dictionary<string, XElement> MembersOf(Assembly assembly)
    {
        if (!_members.TryGetValue(assembly, out var members))
        {
            var file = Path.ChangeExtension(assembly.Location, ".xml");
            var elements = File.Exists(file) ? XDocument.Load(file).Descendants("member") : [];
            members = elements.ToDictionary(element => element.Attribute("name")!.Value);
            _members.Add(assembly, members);
        }

        return members;
    }

    private static string ToLine(XElement? summary)
    {
        var words = summary?.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) ?? [];
        return string.Join(' ', words);
    }
}
