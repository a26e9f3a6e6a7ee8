<?xml version="1.0" encoding="UTF-8"?>
<Profile xmlns="http://soap.sforce.com/2006/04/metadata">
    <applicationVisibilities>
        <application>standard__Sales</application>
        <default>true</default>
        <visible>true</visible>
    </applicationVisibilities>
    <custom>true</custom>
    <description>R&amp;D &lt;team&gt; &quot;east&quot; &apos;a&apos; – é</description>
    <fieldPermissions>
        <editable>false</editable>
        <field>Lead.Sync__c</field>
        <readable>true</readable>
    </fieldPermissions>
    <layoutAssignments>
        <layout>Lead-Lead Layout</layout>
    </layoutAssignments>
    <layoutAssignments>
        <layout>Lead-Lead Layout</layout>
        <recordType>Lead.Partner</recordType>
    </layoutAssignments>
    <loginIpRanges>
        <description></description>
        <endAddress>192.0.2.9</endAddress>
        <startAddress>192.0.2.1</startAddress>
    </loginIpRanges>
    <somethingNew kind="a &quot;b&quot;">
        <deeper><text xml:space="preserve"> kept </text></deeper>
    </somethingNew>
    <userPermissions>
        <enabled>true</enabled>
        <name>ApiEnabled</name>
    </userPermissions>
</Profile>
