using System.Globalization;
using System.Text;

namespace OrleansStream.AzureStorage.Tables;

/// <summary>Writes keys of any text with the characters that the table service takes.</summary>
/// <remarks>
/// One Azure table holds all of ours: <c>TABLE|PARTITION KEY</c> and the row key. ASCII letters, digits, <c>- _ .</c>
/// and text beyond U+009F stand for themselves, everything else is <c>!</c> and four hexadecimal digits. What the
/// service refuses: https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
/// </remarks>
internal static class TableKeys
{
    private const char Escape = '!';
    private const int EscapedLength = 5;
    private const int MaxLength = 512; // UTF-16 code units: 1 KiB.

    public static string ToPartitionKey(string table, string partitionKey)
        => Checked($"{Write(table)}|{Write(partitionKey)}", partitionKey);

    public static string ToRowKey(string rowKey) => Checked(Write(rowKey), rowKey);

    /// <summary>The row key that <see cref="ToRowKey"/> was given.</summary>
    public static string FromRowKey(string text)
    {
        var key = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != Escape)
            {
                key.Append(text[i]);
                continue;
            }

            key.Append((char)ushort.Parse(
                text.AsSpan(i + 1, EscapedLength - 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
            i += EscapedLength - 1;
        }

        return key.ToString();
    }

    private static string Write(string key)
    {
        var text = new StringBuilder(key.Length);
        foreach (var c in key)
        {
            if (StandsForItself(c))
            {
                text.Append(c);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"{Escape}{(ushort)c:x4}");
            }
        }

        return text.ToString();
    }

    // The last three would be lost, or are no characters.
    private static bool StandsForItself(char c)
        => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or (> '\u009f' and not '\ufeff' and < '\ufffe');

    private static string Checked(string text, string key)
        => text.Length <= MaxLength
            ? text
            : throw new ArgumentException(
                $"The key '{key}' is longer than {MaxLength} characters as Azure has to store it.", nameof(key));
}
